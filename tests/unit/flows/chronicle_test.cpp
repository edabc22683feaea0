// What is read every ten seconds, and what a silent store does to it.
#include "flows/chronicle.hpp"

#include "../../simulation/passing_store.hpp"
#include "bench.hpp"

namespace voicehook::test {
namespace {

using telemetry::history_window;
using telemetry::series;

class silent_store final : public simulation::passing_store {
public:
    using passing_store::passing_store;

    awaitable<result<ports::store_summary>> summary(instant now) override {
        if (silent) co_return fail(errc::store_unavailable, "read the summary");
        auto answer = co_await passing_store::summary(now);
        co_return answer;
    }

    bool silent{};
};

class Chronicle : public ::testing::Test {
protected:
    Chronicle() { chronicle_.start(); }
    ~Chronicle() override {
        chronicle_.stop();
        world_.advance(0s);
    }

    std::optional<double> latest(series what) {
        auto const found = chronicle_.history().read(history_window::hour, world_.clock.now());
        return found.samples.back()[telemetry::index_of(what)];
    }

    bench world_;
    silent_store store_{world_.store};
    flows::chronicle chronicle_{world_.io.get_executor(), store_, world_.clock, world_.metrics};
};

TEST_F(Chronicle, CountsBecomeRates) {
    world_.advance(0s);
    world_.metrics.add(telemetry::counter::provider_requests, {"submit", "2xx"}, 20);
    world_.metrics.add(telemetry::counter::provider_requests, {"query", "2xx"}, 1000);
    world_.metrics.add(telemetry::counter::callbacks, {"accepted"}, 30);
    world_.metrics.add(telemetry::counter::callbacks, {"bad_token"}, 1000);
    world_.metrics.add(telemetry::counter::callbacks, {"canary"}, 1000);
    world_.metrics.add(telemetry::counter::deliveries, {"results", "delivered"}, 40);
    world_.metrics.add(telemetry::counter::deliveries, {"results", "retried"}, 1000);

    world_.advance(10s);

    EXPECT_EQ(latest(series::submissions_per_second), 2);
    EXPECT_EQ(latest(series::callbacks_per_second), 3);
    EXPECT_EQ(latest(series::deliveries_per_second), 4);
}

TEST_F(Chronicle, TheOldestOpenTaskIsOfAnyStage) {
    world_.advance(0s);
    static_cast<void>(world_.submit_one());
    world_.advance(10s);

    EXPECT_EQ(latest(series::oldest_open_task_seconds), 10);
    EXPECT_EQ(latest(series::oldest_waiting_delivery_seconds), std::nullopt);
    EXPECT_EQ(latest(series::parked), 0);
}

TEST_F(Chronicle, WhileTheStoreIsSilentOnlyItsFiguresAreAbsent) {
    world_.advance(10s);
    ASSERT_EQ(latest(series::parked), 0);
    store_.silent = true;

    world_.advance(10s);

    EXPECT_EQ(latest(series::parked), std::nullopt);
    EXPECT_EQ(latest(series::submissions_per_second), 0);

    store_.silent = false;
    world_.advance(10s);
    EXPECT_EQ(latest(series::parked), 0);
}

}  // namespace
}  // namespace voicehook::test
