// One connection to SQLite with its prepared statements; what goes wrong is a database_error. One thread at a time.
#pragma once

#include "store/sqlite/statement.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace voicehook::store::sqlite {

enum class access_mode : unsigned char {
    read_only = 1,
    read_write,
    alone,  ///< a file that nobody else opens: no log beside it, and synced by who uses it
};

class database {
public:
    /// Opens an existing file with the settings that every connection gets (platform rules: no mmap, no trust in the
    /// schema, no automatic checkpoint).
    database(std::string const& path, access_mode mode);
    ~database();
    database(database const&) = delete;
    database& operator=(database const&) = delete;

    /// A statement, compiled once per connection. One use of a text at a time.
    [[nodiscard]] statement prepare(std::string_view sql);
    /// Runs a script of statements without parameters.
    void execute(std::string const& script);
    /// The one number that a statement gives, such as a PRAGMA.
    [[nodiscard]] std::int64_t number(std::string_view sql);
    /// The one text that a statement gives.
    [[nodiscard]] std::string text(std::string_view sql);

    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    /// Whether a transaction is open: some errors end it.
    [[nodiscard]] bool in_transaction() const noexcept;
    /// Ends a transaction, if one is open, without its changes. Never throws.
    void roll_back() noexcept;

    /// Rows inserted, changed and deleted since it was opened, those that were rolled back among them.
    [[nodiscard]] std::int64_t rows_written() const noexcept;

    /// Pages in the write-ahead log after the last commit.
    [[nodiscard]] int wal_pages() const noexcept { return wal_pages_; }
    /// Copies what it can from the log to the database without waiting for readers; how many pages of the log are
    /// copied.
    int checkpoint();
    /// Makes whatever runs fail soon after `stop` became true; `stop` must outlive the connection.
    void interrupt_when(std::atomic<bool> const& stop) noexcept;
    /// Leaves the log alone when the connection closes.
    void keep_log_at_close() noexcept;

private:
    friend class page_copy;
    void set(int option, int value);
    void configure(access_mode mode);

    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    std::string path_;
    sqlite3* handle_{};
    int wal_pages_{};
    std::unordered_map<std::string, sqlite3_stmt*, text_hash, std::equal_to<>> prepared_;
};

}  // namespace voicehook::store::sqlite
