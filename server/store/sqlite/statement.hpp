// A prepared statement in use: values in, rows out, errors as exceptions.
#pragma once

#include "base/names.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "store/sql/typed_row.hpp"
#include "store/sql/typed_values.hpp"

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

using sql::blob;

/// Binds values in order, then gives rows; columns are read in order. Reset at its end. Texts and blobs are bound by
/// reference: they must outlive it.
class statement : public sql::typed_row, public sql::typed_values {
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
    [[nodiscard]] std::string text();
    [[nodiscard]] std::string bytes() { return text(); }
    [[nodiscard]] bool is_null() const;
    void skip() { ++column_; }
    /// Says what is wrong with the column that was read last.
    [[noreturn]] void damaged(std::string_view what) const;

    /// Binds one value: `bind` is the way to several.
    using typed_values::put;
    void put(std::nullptr_t);
    void put(std::int64_t value);
    void put(std::string_view value);
    void put(blob value);

private:
    void check(int code);

    sqlite3_stmt* prepared_;
    int parameter_{};
    int column_{};
};

}  // namespace voicehook::store::sqlite
