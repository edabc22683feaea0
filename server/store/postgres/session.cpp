#include "store/postgres/session.hpp"

#include "base/log.hpp"
#include "store/postgres/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voicehook::store::postgres {
namespace {

/// A server that takes longer to connect would let callbacks time out.
constexpr duration connect_limit = 2s;
constexpr duration between_attempts = 250ms;
/// Live connections have different numbers, and few have the same remainder: hardly two write the same counter row.
constexpr std::int64_t counter_slots = 64;

std::int64_t slot_of(connection& database) {
    auto found = database.run({"SELECT pg_backend_pid()::bigint"});
    return found.next() ? found.integer() % counter_slots : 0;
}

/// Different for every session there ever was; drawn by the server, so that a simulated process draws the same numbers
/// whatever its store.
std::int64_t random_number(connection& database) {
    static constexpr auto sql = "SELECT ('x' || left(replace(gen_random_uuid()::text, '-', ''), 15))::bit(60)::bigint";
    auto found = database.run({sql});
    return found.next() ? found.integer() : 0;
}

}  // namespace

session::session(postgres_settings const& settings, deadline until)
    : database{{settings.url, settings.password}, until},
      table{database, settings, slot_of(database), random_number(database)} {
    check_server(database, settings.commits);
}

void check_server(connection& database, durability commits) {
    if (commits == durability::waived) return;
    auto found = database.run({R"(
        SELECT name, setting FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name)"});
    if (!found.next()) return;
    auto const name = found.text();
    throw database_error{trouble::refused,
                         {},
                         fmt::format("the server has {} = off: what it commits is gone after a power cut. Set it to "
                                     "on, or set store.allow_unsafe_commits if that is acceptable",
                                     name)};
}

void check_tables(connection& database) {
    auto const oldest = oldest_program_for(database);
    if (oldest <= latest_version()) return;
    throw database_error{trouble::refused,
                         {},
                         fmt::format("the database has tables for programs of schema version {} and later, this one "
                                     "knows up to {}: use the newer program",
                                     oldest, latest_version())};
}

session& session_keeper::get(deadline until) {
    if (current_) return *current_;
    if (std::chrono::steady_clock::now() < next_attempt_) throw database_error{trouble::lost, {}, last_failure_};
    try {
        auto made = std::make_unique<session>(settings_, until.within(connect_limit));
        check_tables(made->database);
        made->database.interrupt_when(stop_);
        current_ = std::move(made);
    } catch (database_error const& why) {
        last_failure_ = why.what();
        next_attempt_ = std::chrono::steady_clock::now() + between_attempts;
        if (!std::exchange(told_, true)) log_error("store_lost", {{"connection", what_}, {"error", last_failure_}});
        throw database_error{trouble::lost, why.state(), last_failure_};
    }
    if (std::exchange(told_, false)) log_info("store_back", {{"connection", what_}});
    return *current_;
}

void session_keeper::drop(std::string_view why) {
    if (current_ && !std::exchange(told_, true)) log_error("store_lost", {{"connection", what_}, {"error", why}});
    current_.reset();
}

}  // namespace voicehook::store::postgres
