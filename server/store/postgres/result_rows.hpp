// The rows that a statement gave, in PostgreSQL's binary form.
#pragma once

#include "store/postgres/database_error.hpp"
#include "store/sql/typed_row.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct pg_result;

namespace voicehook::store::postgres {

/// Begins before the first row; `next` moves on. Columns are read in order. Numbers must be bigints.
class result_rows : public sql::typed_row {
public:
    explicit result_rows(pg_result* result);

    /// Moves to the next row, if there is one.
    [[nodiscard]] bool next() noexcept;
    [[nodiscard]] bool is_null() const;
    void skip() noexcept { ++column_; }
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] std::string text();
    [[nodiscard]] std::string bytes();
    /// Says what is wrong with the column that was read last.
    [[noreturn]] void damaged(std::string_view what) const;

private:
    struct freed {
        void operator()(pg_result* result) const noexcept;
    };
    [[nodiscard]] std::string_view value();

    std::unique_ptr<pg_result, freed> result_;
    int row_{-1};
    int column_{};
};

}  // namespace voicehook::store::postgres
