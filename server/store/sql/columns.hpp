// Tables as lists of columns, each with what of a row stands in it: one list for reading SQL and for writing it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace voicehook::store::sql {

/// A column and what stands in it: a number, an instant, a duration, an enum with names, an id, a text, a blob, or an
/// optional of those. Texts are references into the row.
template <class Read>
struct column_value {
    std::string_view name;
    Read read;
};

template <class Read>
constexpr column_value<Read> column(std::string_view name, Read read) {
    return {name, read};
}

/// "a, b, c".
template <class... Reads>
[[nodiscard]] std::string names_of_columns(std::tuple<column_value<Reads>...> const& columns) {
    auto text = std::string{};
    auto const add = [&text](std::string_view name) {
        if (!text.empty()) text += ", ";
        text += name;
    };
    std::apply([&add](auto const&... each) { (add(each.name), ...); }, columns);
    return text;
}

/// Who works on a row; nothing, NULL in the table, when nobody does.
template <class Row>
[[nodiscard]] std::optional<std::string_view> owner_of(Row const& row) {
    if (row.leased_by.value().empty()) return std::nullopt;
    return row.leased_by.value();
}

}  // namespace voicehook::store::sql
