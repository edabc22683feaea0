#include "postgres_database.hpp"

#include "store/postgres/schema.hpp"

#include <cstdlib>
#include <functional>
#include <stdexcept>

namespace voicehook::contract {

using namespace store::postgres;

address test_database() {
    auto const* const url = std::getenv("VOICEHOOK_TEST_POSTGRES");
    if (url == nullptr) throw std::runtime_error{"no VOICEHOOK_TEST_POSTGRES: run this by tests/support/with_postgres"};
    return {url, {}};
}

connection somebody() { return connection{test_database(), deadline::in(10s)}; }

/// After a few rows DELETE is quicker than TRUNCATE, which makes new files for every index.
void empty_database() {
    static constexpr auto few = 200;
    auto database = somebody();
    if (version_of(database) != latest_version()) {
        database.execute("DROP SCHEMA IF EXISTS voicehook CASCADE");
        return;
    }
    auto size = database.run({"SELECT (SELECT count(*) FROM event) + pg_relation_size('task') / 8192"});
    if (size.next() && size.integer() > few)
        database.execute(
            "TRUNCATE task, event, delivery, sink_pause, replica, counter, commit_mark, operator_action, replay");
    else
        for (auto const* const table : {"task", "event", "delivery", "sink_pause", "replica", "counter", "commit_mark",
                                        "operator_action", "replay"})
            database.execute(std::string{"DELETE FROM "} + table);
}

void drop_schema() { somebody().execute("DROP SCHEMA IF EXISTS voicehook CASCADE"); }

postgres_settings on_made_up_time() {
    auto settings = postgres_settings{.url = test_database().url};
    settings.commits = durability::waived;
    settings.lease_time = std::identity{};
    return settings;
}

std::int64_t number(std::string const& sql) {
    auto found = somebody().run({sql});
    if (!found.next()) throw std::runtime_error{"no row: " + sql};
    return found.integer();
}

}  // namespace voicehook::contract
