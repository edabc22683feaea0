// The fixture of what only the shared store promises: lost connections, replicas, starting, plans.
#pragma once

#include "postgres_database.hpp"
#include "store_contract.hpp"

#include <future>

namespace voicehook::contract {

/// Waits, by asking, until something is so; at most half a minute.
template <class Question>
[[nodiscard]] bool comes_true(Question const& is_so) {
    auto const until = deadline::in(30s);
    while (!is_so())
        if (until.passed()) return false;
    return true;
}

/// Begins with an empty database of our schema, if it has one.
class PostgresStore : public ::testing::Test {
protected:
    using settings = store::postgres::postgres_settings;

    void SetUp() override { empty_database(); }

    /// Opens it; the test ends if that fails.
    [[nodiscard]] std::unique_ptr<ports::store> open(settings chosen = on_made_up_time());
    /// Its counters must agree with its rows.
    void close(std::unique_ptr<ports::store> store);

    template <class T>
    T wait(awaitable<T> work) {
        return wait_for(io_, std::move(work));
    }
    /// Begins an operation; it goes on while `io_` runs.
    template <class T>
    std::future<T> begin(awaitable<T> work) {
        auto future = asio::co_spawn(io_, std::move(work), asio::use_future);
        io_.restart();
        while (io_.poll_one() != 0) continue;
        return future;
    }
    void run_all() {
        io_.restart();
        io_.run();
    }

    // Shortcuts that a test begins with; each must succeed.
    void accept(ports::store& store, core::task item);
    /// A task that the provider has as `provider_id_of(n)`, its query due at `poll_at`.
    void in_flight(ports::store& store, unsigned n, instant poll_at = noon + 15s);
    /// A completed one with a delivery for `results`.
    void completed(ports::store& store, unsigned n, instant at = noon);

    asio::io_context io_;
};

}  // namespace voicehook::contract
