#include "statement_log.hpp"

#include <sqlite3.h>

#include <mutex>
#include <stdexcept>

namespace voicehook::contract {
namespace {

struct everything_seen {
    std::mutex guard;
    std::map<std::string, std::int64_t> statements;
    int open_connections{};
    std::string part;
    std::function<void()> then;
};
everything_seen seen;

void starts(sqlite3_stmt* statement) {
    auto then = std::function<void()>{};
    {
        auto const held = std::scoped_lock{seen.guard};
        auto const sql = std::string_view{sqlite3_sql(statement)};
        if (seen.then && sql.find(seen.part) != std::string_view::npos) then = seen.then;
    }
    if (then) then();
}

void ends(sqlite3_stmt* statement) {
    auto const held = std::scoped_lock{seen.guard};
    seen.statements[sqlite3_sql(statement)] += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
}

int notice(unsigned what, void*, void* subject, void*) {
    switch (what) {
        case SQLITE_TRACE_STMT: starts(static_cast<sqlite3_stmt*>(subject)); break;
        case SQLITE_TRACE_PROFILE: ends(static_cast<sqlite3_stmt*>(subject)); break;
        case SQLITE_TRACE_CLOSE: {
            auto const held = std::scoped_lock{seen.guard};
            --seen.open_connections;
            break;
        }
        default: break;
    }
    return 0;
}

int attach(sqlite3* handle, char const**, sqlite3_api_routines const*) {
    auto const held = std::scoped_lock{seen.guard};
    ++seen.open_connections;
    return sqlite3_trace_v2(handle, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE | SQLITE_TRACE_CLOSE, notice, nullptr);
}

auto const entry = reinterpret_cast<void (*)()>(attach);

}  // namespace

statement_log::statement_log() {
    seen.open_connections = 0;
    before({}, {});
    clear();
    if (sqlite3_auto_extension(entry) != SQLITE_OK) throw std::runtime_error{"watch connections"};
}

statement_log::~statement_log() { sqlite3_cancel_auto_extension(entry); }

void statement_log::clear() {
    auto const held = std::scoped_lock{seen.guard};
    seen.statements.clear();
}

std::map<std::string, std::int64_t> statement_log::statements() const {
    auto const held = std::scoped_lock{seen.guard};
    return seen.statements;
}

std::int64_t statement_log::instructions() const {
    auto sum = std::int64_t{0};
    for (auto const& [sql, count] : statements()) sum += count;
    return sum;
}

int statement_log::open_connections() const {
    auto const held = std::scoped_lock{seen.guard};
    return seen.open_connections;
}

void statement_log::before(std::string part, std::function<void()> then) {
    auto const held = std::scoped_lock{seen.guard};
    seen.part = std::move(part);
    seen.then = std::move(then);
}

}  // namespace voicehook::contract
