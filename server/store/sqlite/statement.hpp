// A prepared statement in use: values in, rows out, errors as exceptions.
#pragma once

#include "base/names.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace voicehook::store::sqlite {

/// An SQLite error with its extended code, and the errno behind it if there is one.
class database_error : public std::runtime_error {
public:
    database_error(std::string const& what, int code, int system_error);

    [[nodiscard]] int code() const noexcept { return code_; }
    /// The disk is full: refuse, and heal by itself.
    [[nodiscard]] bool is_full() const noexcept;
    /// Damaged, or no SQLite database at all.
    [[nodiscard]] bool is_corrupt() const noexcept;
    /// Reading, writing or syncing failed: nothing that this process does can be trusted to be durable any more.
    [[nodiscard]] bool is_fatal() const noexcept;
    /// The file cannot be opened or written with our rights.
    [[nodiscard]] bool is_unreadable() const noexcept;
    /// Another program has it locked.
    [[nodiscard]] bool is_held() const noexcept;

private:
    int code_;
    int system_error_;
};

/// Throws what the connection's last error was.
[[noreturn]] void throw_error(sqlite3* handle, std::string_view doing);

/// Bytes that are no text.
struct blob {
    std::string_view bytes;
    friend bool operator==(blob, blob) = default;
};

/// Binds values in order, then gives rows; columns are read in order. Reset at its end. Texts and blobs are bound by
/// reference: they must outlive it.
class statement {
public:
    explicit statement(sqlite3_stmt* prepared) : prepared_{prepared} {}
    ~statement();
    statement(statement const&) = delete;
    statement& operator=(statement const&) = delete;

    template <class... Values>
    statement& bind(Values const&... values) {
        (put(values), ...);
        return *this;
    }
    /// Binds nothing, not even NULL, where there is no value.
    template <class T>
    statement& bind_if(std::optional<T> const& value) {
        if (value) put(*value);
        return *this;
    }

    /// Moves to the next row, if there is one.
    bool step();
    /// For statements that give no rows.
    void run();

    [[nodiscard]] std::int64_t integer();
    /// A whole number into any integer type; unlikely sizes are the database's damage.
    template <class Int>
    [[nodiscard]] Int count() {
        auto const value = integer();
        if (!std::in_range<Int>(value)) damaged("a number out of range");
        return static_cast<Int>(value);
    }
    [[nodiscard]] std::string text();
    [[nodiscard]] std::string bytes() { return text(); }
    [[nodiscard]] instant at() { return from_unix_ms(integer()); }
    template <class Id>
    [[nodiscard]] Id id() {
        return Id{text()};
    }
    template <named E>
    [[nodiscard]] E name() {
        auto const value = from_text<E>(text());
        if (!value) damaged("an unknown name");
        return *value;
    }

    [[nodiscard]] std::optional<std::string> text_if() { return is_null() ? skip<std::string>() : text(); }
    [[nodiscard]] std::optional<instant> at_if() { return is_null() ? skip<instant>() : std::optional{at()}; }
    template <class Id>
    [[nodiscard]] std::optional<Id> id_if() {
        return is_null() ? skip<Id>() : std::optional{id<Id>()};
    }
    template <named E>
    [[nodiscard]] std::optional<E> name_if() {
        return is_null() ? skip<E>() : std::optional{name<E>()};
    }
    [[nodiscard]] bool is_null() const;

private:
    void put(std::nullptr_t);
    void put(std::int64_t value);
    void put(std::string_view value);
    void put(blob value);
    void put(std::string const& value) { put(std::string_view{value}); }
    void put(instant value) { put(to_unix_ms(value)); }
    void put(duration value) { put(static_cast<std::int64_t>(value.count())); }
    template <class Int>
        requires std::is_integral_v<Int>
    void put(Int value) {
        put(static_cast<std::int64_t>(value));
    }
    template <named E>
    void put(E value) {
        put(to_text(value));
    }
    template <class Tag>
    void put(strong<Tag> const& value) {
        put(std::string_view{value.value()});
    }
    template <class T>
    void put(std::optional<T> const& value) {
        if (value)
            put(*value);
        else
            put(nullptr);
    }
    void check(int code);
    [[noreturn]] void damaged(std::string_view what) const;
    template <class T>
    std::optional<T> skip() {
        ++column_;
        return std::nullopt;
    }

    sqlite3_stmt* prepared_;
    int parameter_{};
    int column_{};
};

}  // namespace voicehook::store::sqlite
