// The columns of a table that change in a row's life: one list for INSERT and UPDATE.
#pragma once

#include "store/sql/columns.hpp"
#include "store/sqlite/database.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>

namespace voicehook::store::sqlite {

/// One column, and what of a row stands in it.
template <class Row>
struct column {
    std::string_view name;
    bool (*differs)(Row const& left, Row const& right);
    void (*bind)(statement& into, Row const& row);
};

/// A column that holds what `read` gives; texts as references into the row, since they stay bound by reference.
template <class Row, class Read>
constexpr column<Row> column_of(std::string_view name, Read) {
    static_assert(!std::is_same_v<std::invoke_result_t<Read, Row const&>, std::string>);
    return {name, [](Row const& left, Row const& right) { return Read{}(left) != Read{}(right); },
            [](statement& into, Row const& row) { into.bind(Read{}(row)); }};
}

/// The columns of a list, as SQLite writes them.
template <class Row, class... Reads>
constexpr std::array<column<Row>, sizeof...(Reads)> bindings_of(std::tuple<sql::column_value<Reads>...> const& list) {
    return std::apply(
        [](auto const&... each) {
            return std::array<column<Row>, sizeof...(Reads)>{column_of<Row>(each.name, each.read)...};
        },
        list);
}

/// The statement that inserts a row of these columns.
template <class Row, std::size_t N, std::size_t M>
[[nodiscard]] std::string insert_text(std::string_view table, std::array<column<Row>, N> const& fixed,
                                      std::array<column<Row>, M> const& changing) {
    auto names = std::string{};
    auto places = std::string{};
    auto const add = [&](column<Row> const& each) {
        auto const* const separator = names.empty() ? "" : ", ";
        names.append(separator).append(each.name);
        places.append(separator).append("?");
    };
    for (auto const& each : fixed) add(each);
    for (auto const& each : changing) add(each);
    return std::string{"INSERT INTO "}.append(table) + " (" + names + ") VALUES (" + places + ")";
}

/// Makes the texts of UPDATE statements that name only what changes: SQLite rewrites the entry in every index of a
/// named column, whether the value differs or not.
class update_texts {
public:
    explicit update_texts(std::string_view table) : table_{table} {}

    /// The statement for the columns whose bits are set, the first column's bit being the lowest. The text stays.
    template <class Row, std::size_t N>
    [[nodiscard]] std::string const& text(std::array<column<Row>, N> const& columns, std::uint32_t chosen) {
        auto const [place, is_new] = texts_.try_emplace(chosen);
        if (!is_new) return place->second;
        auto& sql = place->second;
        sql = "UPDATE ";
        sql += table_;
        auto separator = std::string_view{" SET "};
        for (std::size_t index = 0; index < N; ++index) {
            if ((chosen >> index & 1U) == 0) continue;
            sql += separator;
            sql += columns[index].name;
            sql += " = ?";
            separator = ", ";
        }
        return sql += " WHERE id = ?";
    }

private:
    std::string_view table_;
    std::unordered_map<std::uint32_t, std::string> texts_;
};

/// Writes the columns in which the rows differ.
template <class Row, std::size_t N, class Id>
void update_changed(database& connection, update_texts& texts, std::array<column<Row>, N> const& columns,
                    Row const& before, Row const& after, Id const& id) {
    static_assert(N <= 32);
    auto chosen = std::uint32_t{};
    for (std::size_t index = 0; index < N; ++index)
        if (columns[index].differs(before, after)) chosen |= 1U << index;
    if (chosen == 0) return;

    auto changed = connection.prepare(texts.text(columns, chosen));
    for (std::size_t index = 0; index < N; ++index)
        if ((chosen >> index & 1U) != 0) columns[index].bind(changed, after);
    changed.bind(id).run();
}

}  // namespace voicehook::store::sqlite
