// One statement that writes rows of several tables: a WITH part for each, its rows as arrays of columns.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/postgres/parameters.hpp"
#include "store/sql/columns.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace voicehook::store::postgres {

/// `"unnest($1::text[], $2::bigint[])"` and the like: rows as a table expression, column by column.
class row_arrays {
public:
    explicit row_arrays(parameters& values) : values_{values} {}

    void add(array column) {
        if (!text_.empty()) text_ += ", ";
        text_ += fmt::format("${}::{}[]", values_.count() + 1, to_sql(column.type()));
        values_.add(std::move(column));
    }
    [[nodiscard]] std::string text() const { return "unnest(" + text_ + ")"; }

private:
    parameters& values_;
    std::string text_;
};

class write_statement {
public:
    [[nodiscard]] parameters& values() noexcept { return values_; }
    [[nodiscard]] row_arrays arrays() { return row_arrays{values_}; }
    /// Adds one INSERT, UPDATE or DELETE.
    void part(std::string_view sql) {
        text_ += fmt::format("{}part_{} AS ({})", text_.empty() ? "WITH " : ", ", parts_++, sql);
    }
    [[nodiscard]] request finish() && { return {std::move(text_) + " SELECT 1::bigint", std::move(values_)}; }

private:
    parameters values_;
    std::string text_;
    int parts_{};
};

/// Adds an array for each column; `rows` are pointers.
template <class Row, class... Reads>
void add_columns(row_arrays& into, std::vector<Row const*> const& rows,
                 std::tuple<sql::column_value<Reads>...> const& columns) {
    auto const add = [&](auto const& column) {
        auto made = array{type_of<decltype(column.read(std::declval<Row const&>()))>()};
        for (auto const* const row : rows) made.add(column.read(*row));
        into.add(std::move(made));
    };
    std::apply([&add](auto const&... each) { (add(each), ...); }, columns);
}

/// "a = n.a, b = n.b": for an UPDATE from the rows `n`.
template <class... Reads>
[[nodiscard]] std::string assignments(std::tuple<sql::column_value<Reads>...> const& columns) {
    auto text = std::string{};
    auto const add = [&text](std::string_view name) {
        text += fmt::format("{}{} = n.{}", text.empty() ? "" : ", ", name, name);
    };
    std::apply([&add](auto const&... each) { (add(each.name), ...); }, columns);
    return text;
}

}  // namespace voicehook::store::postgres
