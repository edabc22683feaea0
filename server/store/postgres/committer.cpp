#include "store/postgres/committer.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <optional>
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

bool is_marked(connection& database, commit_in_doubt const& commit) {
    auto found = database.run(
        {"SELECT 1 FROM commit_mark WHERE session = $1 AND mark = $2", parameters::of(commit.session, commit.mark)});
    return found.next();
}

}  // namespace

void refuse(std::vector<std::unique_ptr<lanes::job>>& group, failure const& why) {
    for (auto& work : group) work->fail(why);
}

void committer::commit(jobs& group) {
    auto const began = std::chrono::steady_clock::now();
    auto const is_durable = commit_by(group, deadline::in(settings_.patience));
    auto const took = std::chrono::ceil<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    if (is_durable && settings_.observe_commit) settings_.observe_commit(took, group.size());
}

bool committer::commit_by(jobs& group, deadline until) {
    auto const tries = group.size() > 1 ? together : alone;
    last_trouble_ = "its time was over before it began";
    for (auto left = tries; left > 0 && !until.passed(); --left) {
        auto const came = try_commit(group, until);
        if (came == outcome::done || came == outcome::refused) return came == outcome::done;
        if (came == outcome::apart) break;
    }
    if (group.size() == 1) {
        refuse(group, {errc::store_unavailable, last_trouble_});
        return false;
    }
    auto is_durable = false;
    for (auto& work : group) {
        auto one = jobs{};
        one.push_back(std::move(work));
        is_durable = commit_by(one, until) || is_durable;
        work = std::move(one.front());
    }
    return is_durable;
}

committer::outcome committer::try_commit(jobs& group, deadline until) {
    auto in_doubt = std::optional<commit_in_doubt>{};
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
                return group.size() == 1 ? outcome::refused : outcome::apart;
            }
            table.commit();
            return outcome::done;
        } catch (database_error const&) {
            if (table.is_committing()) in_doubt = table.in_doubt();
            throw;
        }
    } catch (database_error const& why) {
        return after_error(group, why, in_doubt);
    } catch (std::exception const& surprise) {
        return after_error(group, {trouble::other, {}, surprise.what()}, in_doubt);
    }
}

committer::outcome committer::after_error(jobs& group, database_error const& why,
                                          std::optional<commit_in_doubt> const& in_doubt) {
    last_trouble_ = why.what();
    if (why.kind() == trouble::lost) {
        sessions_.drop(why.what());
        if (!in_doubt) return outcome::again;
        if (!in_doubt->wrote) return outcome::done;
        switch (fate_of(*in_doubt, deadline::in(asking))) {
            case fate::committed: return outcome::done;
            case fate::undone: return outcome::again;
            case fate::unknown: refuse(group, {errc::store_unavailable, "nobody can tell whether it was committed"});
        }
        return outcome::refused;
    }
    try {
        sessions_.get(deadline::in(asking)).table.roll_back();
    } catch (database_error const& worse) {
        sessions_.drop(worse.what());
    }
    if (why.kind() == trouble::collision) return outcome::again;
    // Of a locked row only those should suffer who need it.
    if (why.kind() != trouble::full && group.size() > 1) return outcome::apart;
    refuse(group, refusal_of(why));
    return outcome::refused;
}

/// "in progress" is what a server says whose process for the lost connection has not noticed yet. "committed" may be
/// said of another transaction, which got the number after a crash: the mark tells.
committer::fate committer::fate_of(commit_in_doubt const& commit, deadline until) {
    while (!until.passed()) {
        try {
            auto& database = sessions_.get(until).database;
            database.wait_until(until);
            auto const number = std::to_string(commit.transaction);
            auto found = database.run({"SELECT pg_xact_status($1::text::xid8)", parameters::of(number)});
            auto const status = found.next() ? found.text_if() : std::nullopt;
            log_warning("commit_looked_up", {{"status", status.value_or("unknown")}});
            if (status == "committed") return is_marked(database, commit) ? fate::committed : fate::undone;
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
