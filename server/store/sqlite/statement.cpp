#include "store/sqlite/statement.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>

namespace voicehook::store::sqlite {
namespace {

int primary(int code) { return code & 0xff; }

/// SQL as it reads on one line.
std::string one_line(std::string_view sql) {
    auto line = std::string{};
    for (auto const character : sql) {
        auto const is_space = character == ' ' || character == '\n';
        if (!is_space)
            line += character;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    return line;
}

}  // namespace

database_error::database_error(std::string const& what, int code, int system_error)
    : std::runtime_error{what}, code_{code}, system_error_{system_error} {}

bool database_error::is_full() const noexcept {
    auto const no_room = system_error_ == ENOSPC || system_error_ == EDQUOT;
    auto const before_the_sync = code_ == SQLITE_IOERR_WRITE || code_ == SQLITE_IOERR_SHMSIZE;
    return primary(code_) == SQLITE_FULL || (before_the_sync && no_room);
}

bool database_error::is_corrupt() const noexcept {
    return primary(code_) == SQLITE_CORRUPT || primary(code_) == SQLITE_NOTADB;
}

bool database_error::is_fatal() const noexcept {
    return is_corrupt() || (primary(code_) == SQLITE_IOERR && !is_full());
}

bool database_error::is_unreadable() const noexcept {
    auto const code = primary(code_);
    return code == SQLITE_CANTOPEN || code == SQLITE_PERM || code == SQLITE_READONLY || code == SQLITE_AUTH;
}

bool database_error::is_held() const noexcept {
    return primary(code_) == SQLITE_BUSY || primary(code_) == SQLITE_LOCKED;
}

void throw_error(sqlite3* handle, std::string_view doing) {
    auto const code = sqlite3_extended_errcode(handle);
    throw database_error{fmt::format("{}: {} (SQLite {})", one_line(doing), sqlite3_errmsg(handle), code), code,
                         sqlite3_system_errno(handle)};
}

statement::~statement() {
    sqlite3_reset(prepared_);
    sqlite3_clear_bindings(prepared_);
}

void statement::check(int code) {
    if (code != SQLITE_OK) throw_error(sqlite3_db_handle(prepared_), sqlite3_sql(prepared_));
}

void statement::damaged(std::string_view what) const {
    throw database_error{fmt::format("{}: {} in column {}", one_line(sqlite3_sql(prepared_)), what,
                                     sqlite3_column_name(prepared_, column_ - 1)),
                         SQLITE_CORRUPT, 0};
}

void statement::put(std::nullptr_t) { check(sqlite3_bind_null(prepared_, ++parameter_)); }
void statement::put(std::int64_t value) { check(sqlite3_bind_int64(prepared_, ++parameter_, value)); }

void statement::put(std::string_view value) {
    auto const* const start = value.data() == nullptr ? "" : value.data();
    check(sqlite3_bind_text64(prepared_, ++parameter_, start, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void statement::put(blob value) {
    auto const* const start = value.bytes.data() == nullptr ? "" : value.bytes.data();
    check(sqlite3_bind_blob64(prepared_, ++parameter_, start, value.bytes.size(), SQLITE_STATIC));
}

bool statement::step() {
    column_ = 0;
    switch (sqlite3_step(prepared_)) {
        case SQLITE_ROW: return true;
        case SQLITE_DONE: return false;
        default: throw_error(sqlite3_db_handle(prepared_), sqlite3_sql(prepared_));
    }
}

void statement::run() {
    while (step()) continue;
}

bool statement::is_null() const { return sqlite3_column_type(prepared_, column_) == SQLITE_NULL; }

std::int64_t statement::integer() { return sqlite3_column_int64(prepared_, column_++); }

std::string statement::text() {
    auto const* const start = static_cast<char const*>(sqlite3_column_blob(prepared_, column_));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(prepared_, column_));
    ++column_;
    return start == nullptr ? std::string{} : std::string{start, size};
}

}  // namespace voicehook::store::sqlite
