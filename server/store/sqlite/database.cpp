#include "store/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <utility>

namespace voicehook::store::sqlite {
namespace {

/// Small allocations of a connection come from a block of its own: bytes each, and how many.
constexpr int lookaside_slot = 1200;
constexpr int lookaside_slots = 400;

int remember_pages(void* pages, sqlite3*, char const*, int in_log) {
    *static_cast<int*>(pages) = in_log;
    return SQLITE_OK;
}

/// Library-wide, before its first use: no statistics of memory, no locks around what one thread alone uses, temporary
/// files beside the database, the one place that can surely be written to.
void configure_library(std::string const& path) {
    auto const folder = std::filesystem::path{path}.parent_path().string();
    ::setenv("SQLITE_TMPDIR", folder.empty() ? "." : folder.c_str(), 0);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
}

int is_set(void* flag) { return static_cast<std::atomic<bool> const*>(flag)->load() ? 1 : 0; }

}  // namespace

database::database(std::string const& path, access_mode mode) : path_{path} {
    static auto configured = std::once_flag{};
    std::call_once(configured, configure_library, path);
    auto const rights = mode == access_mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    auto const flags = rights | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    try {
        if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK)
            throw_error(handle_, fmt::format("open {}", path));
        configure(mode);
    } catch (...) {
        for (auto const& [sql, prepared] : prepared_) sqlite3_finalize(prepared);
        sqlite3_close_v2(handle_);
        throw;
    }
}

database::~database() {
    for (auto const& [sql, prepared] : prepared_) sqlite3_finalize(prepared);
    sqlite3_close_v2(handle_);
}

void database::configure(access_mode mode) {
    sqlite3_busy_timeout(handle_, 2000);
    set(SQLITE_DBCONFIG_DEFENSIVE, 1);
    set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_LOOKASIDE, nullptr, lookaside_slot, lookaside_slots);
    execute(R"(
        PRAGMA mmap_size = 0;
        PRAGMA cell_size_check = ON;
        PRAGMA trusted_schema = OFF;
        PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = 0;
    )");
    if (mode == access_mode::read_only) {
        keep_log_at_close();
        execute("PRAGMA query_only = ON");
        return;
    }
    if (mode == access_mode::alone) {
        execute("PRAGMA locking_mode = EXCLUSIVE");
        if (text("PRAGMA journal_mode = MEMORY") != "memory")
            throw database_error{"the file cannot do without a log", SQLITE_CANTOPEN, 0};
        execute("PRAGMA synchronous = OFF");
        return;
    }
    if (text("PRAGMA journal_mode = WAL") != "wal")
        throw database_error{"the file system does not support a write-ahead log", SQLITE_CANTOPEN, 0};
    execute("PRAGMA synchronous = FULL");
    execute("PRAGMA journal_size_limit = 134217728");  // a log that a long read let grow is cut back to this
    execute("PRAGMA cache_size = -32768");             // KiB: what is in work, with its indexes
    sqlite3_wal_hook(handle_, remember_pages, &wal_pages_);
}

void database::set(int option, int value) {
    if (sqlite3_db_config(handle_, option, value, nullptr) != SQLITE_OK) throw_error(handle_, "configure");
}

void database::interrupt_when(std::atomic<bool> const& stop) noexcept {
    constexpr auto instructions = 10'000;
    sqlite3_progress_handler(handle_, instructions, is_set, const_cast<std::atomic<bool>*>(&stop));
}

void database::keep_log_at_close() noexcept {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

statement database::prepare(std::string_view sql) {
    if (auto const known = prepared_.find(sql); known != prepared_.end()) return statement{known->second};

    sqlite3_stmt* prepared = nullptr;
    auto const size = static_cast<int>(sql.size());
    if (sqlite3_prepare_v3(handle_, sql.data(), size, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) != SQLITE_OK)
        throw_error(handle_, sql);
    prepared_.emplace(sql, prepared);
    return statement{prepared};
}

void database::execute(std::string const& script) {
    if (sqlite3_exec(handle_, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) throw_error(handle_, script);
}

std::int64_t database::number(std::string_view sql) {
    auto asked = prepare(sql);
    return asked.step() ? asked.integer() : 0;
}

std::string database::text(std::string_view sql) {
    auto asked = prepare(sql);
    return asked.step() ? asked.text() : std::string{};
}

bool database::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }

void database::roll_back() noexcept {
    if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t database::rows_written() const noexcept { return sqlite3_total_changes64(handle_); }

int database::checkpoint() {
    auto in_log = 0;
    auto copied = 0;
    if (sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied) != SQLITE_OK)
        throw_error(handle_, "checkpoint");
    return copied;
}

}  // namespace voicehook::store::sqlite
