// The values of a statement's parameters in PostgreSQL's binary form: numbers, texts, bytes, and arrays of them.
#pragma once

#include "base/names.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "store/sql/typed_row.hpp"
#include "store/sql/typed_values.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace voicehook::store::postgres {

/// What a column or parameter is in the database. Every number is a bigint: milliseconds need it, the rest follows.
enum class sql_type : std::uint8_t { number = 1, text, bytes };

/// How a type is written in SQL.
[[nodiscard]] std::string_view to_sql(sql_type type) noexcept;

namespace detail {
template <class T>
struct bare {
    using type = T;
};
template <class T>
struct bare<std::optional<T>> {
    using type = T;
};
}  // namespace detail

/// What values of a C++ type are in the database.
template <class T>
[[nodiscard]] constexpr sql_type type_of() noexcept {
    using value = detail::bare<std::remove_cvref_t<T>>::type;
    if constexpr (std::is_same_v<value, sql::blob>)
        return sql_type::bytes;
    else if constexpr (std::is_integral_v<value> || std::is_same_v<value, instant> || std::is_same_v<value, duration>)
        return sql_type::number;
    else
        return sql_type::text;
}

/// Appends one value after another to the bytes of a message, each with its length in front; nothing is NULL.
class value_writer : public sql::typed_values {
public:
    explicit value_writer(std::string& into) : into_{into} {}

    using typed_values::put;
    void put(std::nullptr_t);
    void put(std::int64_t value);
    void put(std::string_view value);
    void put(sql::blob value);

private:
    void size(std::size_t bytes);
    std::string& into_;
};

/// An array under construction, one element after another.
class array {
public:
    explicit array(sql_type type);

    template <class T>
    void add(T const& value) {
        auto writer = value_writer{bytes_};
        writer.put(value);
        ++count_;
    }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] sql_type type() const noexcept { return type_; }
    /// Its binary form, complete.
    [[nodiscard]] std::string finish() &&;

private:
    sql_type type_;
    std::size_t count_{};
    std::string bytes_;
};

/// The values for `$1`, `$2` … in order.
class parameters {
public:
    template <class... Values>
    static parameters of(Values const&... values) {
        auto made = parameters{};
        (made.add(values), ...);
        return made;
    }

    template <class T>
    void add(T const& value) {
        auto bytes = std::string{};
        auto writer = value_writer{bytes};
        writer.put(value);
        append(type_of<T>(), std::move(bytes));
    }
    void add(array value);
    /// The place of the value added last, from 1.
    [[nodiscard]] std::size_t count() const noexcept { return values_.size(); }

    // As libpq wants them; valid as long as this is not changed.
    [[nodiscard]] std::vector<unsigned> const& types() const noexcept { return types_; }
    [[nodiscard]] std::vector<char const*> pointers() const;
    [[nodiscard]] std::vector<int> lengths() const;

private:
    void append(sql_type type, std::string bytes);

    std::vector<unsigned> types_;
    std::vector<std::optional<std::string>> values_;
};

/// An array of the elements of a range.
template <class Range>
[[nodiscard]] array array_of(Range const& values) {
    auto made = array{type_of<typename Range::value_type>()};
    for (auto const& value : values) made.add(value);
    return made;
}

}  // namespace voicehook::store::postgres
