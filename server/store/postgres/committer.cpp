#include "store/postgres/committer.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <thread>
#include <utility>

namespace voicehook::store::postgres {
namespace {

/// How often a group is tried as a whole before its operations are tried one by one, and each of those.
constexpr int together = 3;
constexpr int alone = 8;
/// How long PostgreSQL is asked what became of a transaction, and how often.
constexpr duration asking = 3s;
constexpr duration between_questions = 50ms;

failure refusal_of(database_error const& why) {
    return {why.kind() == trouble::full ? errc::store_full : errc::store_unavailable, why.what()};
}

}  // namespace

void refuse(std::vector<std::unique_ptr<lanes::job>>& group, failure const& why) {
    for (auto& work : group) work->fail(why);
}

void committer::commit(jobs& group) {
    auto const began = std::chrono::steady_clock::now();
    commit_by(group, deadline::in(settings_.patience));
    auto const took = std::chrono::ceil<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    if (settings_.observe_commit) settings_.observe_commit(took, group.size());
}

void committer::commit_by(jobs& group, deadline until) {
    auto const tries = group.size() > 1 ? together : alone;
    last_trouble_ = "its time was over before it began";
    for (auto left = tries; left > 0 && !until.passed(); --left) {
        auto const came = try_commit(group, until);
        if (came == outcome::done) return;
        if (came == outcome::apart) break;
    }
    if (group.size() == 1) {
        refuse(group, {errc::store_unavailable, last_trouble_});
        return;
    }
    for (auto& work : group) {
        auto one = jobs{};
        one.push_back(std::move(work));
        commit_by(one, until);
        work = std::move(one.front());
    }
}

committer::outcome committer::try_commit(jobs& group, deadline until) {
    auto in_doubt = std::int64_t{};
    try {
        auto& [database, table] = sessions_.get(until);
        database.wait_until(until);
        try {
            auto needs = row_needs{};
            for (auto const& work : group) work->announce(needs);
            table.begin(needs);
            for (auto& work : group) {
                if (run(*work, table)) continue;
                table.roll_back();
                return group.size() == 1 ? outcome::done : outcome::apart;
            }
            table.commit();
            return outcome::done;
        } catch (database_error const&) {
            if (table.is_committing()) in_doubt = table.transaction();
            throw;
        }
    } catch (database_error const& why) {
        return after_error(group, why, in_doubt);
    }
}

committer::outcome committer::after_error(jobs& group, database_error const& why, std::int64_t in_doubt) {
    last_trouble_ = why.what();
    if (why.kind() == trouble::lost) {
        sessions_.drop(why.what());
        if (in_doubt == 0) return outcome::again;
        switch (fate_of(in_doubt, deadline::in(asking))) {
            case fate::committed: return outcome::done;
            case fate::undone: return outcome::again;
            case fate::unknown: refuse(group, {errc::store_unavailable, "nobody can tell whether it was committed"});
        }
        return outcome::done;
    }
    try {
        sessions_.get(deadline::in(asking)).table.roll_back();
    } catch (database_error const& worse) {
        sessions_.drop(worse.what());
    }
    if (why.kind() == trouble::collision) return outcome::again;
    if (why.kind() != trouble::full && group.size() > 1) return outcome::apart;
    refuse(group, refusal_of(why));
    return outcome::done;
}

/// "in progress" is what a server says whose process for the lost connection has not noticed yet.
committer::fate committer::fate_of(std::int64_t transaction, deadline until) {
    while (!until.passed()) {
        try {
            auto& database = sessions_.get(until).database;
            database.wait_until(until);
            auto found =
                database.run({"SELECT pg_xact_status($1::text::xid8)", parameters::of(std::to_string(transaction))});
            auto const status = found.next() ? found.text_if() : std::nullopt;
            log_warning("commit_looked_up", {{"status", status.value_or("unknown")}});
            if (status == "committed") return fate::committed;
            if (status == "aborted") return fate::undone;
            if (!status) return fate::unknown;
        } catch (database_error const& why) {
            sessions_.drop(why.what());
            if (why.kind() != trouble::lost) return fate::unknown;
        }
        std::this_thread::sleep_for(std::min(between_questions, until.left()));
    }
    return fate::unknown;
}

/// Whether all that the operation collected may stay: it succeeded, or collected nothing. Throws when the whole group
/// is lost with it.
bool committer::run(lanes::job& work, postgres_rows& table) {
    auto const before = table.written();
    auto keep = false;
    try {
        keep = work.run(table);
    } catch (database_error const&) {
        throw;
    } catch (std::exception const& surprise) {
        work.fail({errc::store_unavailable, surprise.what()});
    }
    return keep || table.written() == before;
}

}  // namespace voicehook::store::postgres
