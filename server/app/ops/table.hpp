// Aligned columns that respect the width of the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace voicehook::app::ops {

/// How a column gives way when lines are too long.
enum class giving_way : unsigned char {
    never = 1,  ///< it is shown whole: ids, which are there to be copied
    cut,        ///< it becomes narrower, long cells end with '…'
    leave,      ///< it is left out when nothing else helps, the last one first
};

struct column {
    std::string title;
    enum class side : unsigned char { left = 1, right } align{side::left};
    giving_way gives_way{giving_way::never};
};

/// Rows of cells. Cells may hold anything: they go through `shown`.
class table {
public:
    explicit table(std::vector<column> columns);

    /// Missing cells are empty.
    void add(std::vector<std::string> cells);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

    /// Lines with a line break each, titles first, `indent` spaces before. `width` 0: as wide as it gets, but no cell
    /// wider than 500 columns.
    [[nodiscard]] std::string render(std::size_t width, std::size_t indent = 0) const;

private:
    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace voicehook::app::ops
