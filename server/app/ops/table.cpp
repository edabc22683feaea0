#include "app/ops/table.hpp"

#include "app/ops/terminal_text.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace voicehook::app::ops {
namespace {

constexpr std::size_t widest_cell = 500;
constexpr std::size_t narrowest_cut = 8;
constexpr std::size_t gap = 2;

/// A column on its way to its place; width 0: left out.
struct placed {
    column const* what;
    std::size_t width{};
};

std::size_t line_width(std::vector<placed> const& columns, std::size_t indent) {
    auto width = indent;
    auto shown_columns = std::size_t{};
    for (auto const& item : columns) {
        width += item.width;
        if (item.width > 0) ++shown_columns;
    }
    return width + gap * (shown_columns > 0 ? shown_columns - 1 : 0);
}

/// Takes columns from the widest that may be cut, one by one, until the line fits or nothing is left to take.
void narrow(std::vector<placed>& columns, std::size_t indent, std::size_t width) {
    while (line_width(columns, indent) > width) {
        auto const widest = std::ranges::max_element(
            columns, {}, [](placed const& item) { return item.what->gives_way == giving_way::cut ? item.width : 0; });
        if (widest == columns.end() || widest->what->gives_way != giving_way::cut || widest->width <= narrowest_cut)
            return;
        --widest->width;
    }
}

void fit(std::vector<placed>& columns, std::size_t indent, std::size_t width) {
    auto const wanted = columns;
    narrow(columns, indent, width);
    for (auto at = columns.size(); at-- > 0 && line_width(columns, indent) > width;) {
        if (wanted[at].what->gives_way != giving_way::leave) continue;
        auto rest = wanted;
        for (auto later = at; later < rest.size(); ++later)
            if (rest[later].what->gives_way == giving_way::leave) rest[later].width = 0;
        columns = std::move(rest);
        narrow(columns, indent, width);
    }
}

std::string line_of(std::vector<placed> const& columns, std::vector<std::string> const& cells, std::size_t indent) {
    auto out = std::string(indent, ' ');
    auto first = true;
    for (std::size_t at = 0; at < columns.size(); ++at) {
        if (columns[at].width == 0) continue;
        if (!std::exchange(first, false)) out.append(gap, ' ');
        auto const cell = cut(cells[at], columns[at].width);
        auto const space = std::string(columns[at].width - std::min(columns_of(cell), columns[at].width), ' ');
        out += columns[at].what->align == column::side::right ? space + cell : cell + space;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
}

}  // namespace

table::table(std::vector<column> columns) : columns_{std::move(columns)} {}

void table::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    for (auto& cell : cells) cell = cut(shown(cell), widest_cell);
    rows_.push_back(std::move(cells));
}

std::string table::render(std::size_t width, std::size_t indent) const {
    auto places = std::vector<placed>{};
    auto titles = std::vector<std::string>{};
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        titles.push_back(columns_[at].title);
        auto widest = columns_of(titles.back());
        for (auto const& row : rows_) widest = std::max(widest, columns_of(row[at]));
        places.push_back({&columns_[at], widest});
    }
    if (width > 0) fit(places, indent, width);
    auto out = line_of(places, titles, indent);
    for (auto const& row : rows_) out += line_of(places, row, indent);
    return out;
}

}  // namespace voicehook::app::ops
