#include "api/health.hpp"

#include "../../simulation/passing_store.hpp"
#include "store/memory/create.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include <future>

namespace voicehook::api {
namespace {

/// A store whose probes end when a test lets them.
class held_store final : public simulation::passing_store {
public:
    explicit held_store(asio::any_io_executor executor)
        : passing_store{::voicehook::store::memory::create()}, gate_{executor, asio::steady_timer::time_point::max()} {}

    awaitable<result<void>> probe() override {
        ++probes;
        if (holds) static_cast<void>(co_await gate_.async_wait(asio::as_tuple(asio::use_awaitable)));
        co_return answer;
    }
    void let_go() {
        holds = false;
        gate_.cancel();
    }

    bool holds{};
    result<void> answer{};
    int probes{};

private:
    asio::steady_timer gate_;
};

class Health : public ::testing::Test {
protected:
    std::future<http::response> ask() {
        auto const handle = health_.routes().at(1).handle;
        return asio::co_spawn(io_, handle(http::request{}), asio::use_future);
    }
    int status(std::future<http::response>& asked) {
        io_.restart();
        while (asked.wait_for(0s) != std::future_status::ready) io_.run_one();
        return asked.get().status;
    }
    int ask_now() {
        auto asked = ask();
        return status(asked);
    }
    void run_what_is_ready() {
        io_.restart();
        while (io_.poll_one() != 0) continue;
    }

    asio::io_context io_;
    held_store store_{io_.get_executor()};
    telemetry::metrics metrics_{telemetry::metric_labels{}, "test"};
    health health_{io_.get_executor(), store_, metrics_};
};

TEST_F(Health, EverybodyWhoAsksDuringAProbeGetsItsOutcome) {
    store_.holds = true;
    store_.answer = fail(errc::store_unavailable, "gone");
    auto first = ask();
    auto second = ask();
    run_what_is_ready();
    EXPECT_EQ(first.wait_for(0s), std::future_status::timeout);
    EXPECT_EQ(second.wait_for(0s), std::future_status::timeout);

    store_.let_go();

    EXPECT_EQ(status(first), 503);
    EXPECT_EQ(status(second), 503);
    EXPECT_EQ(store_.probes, 1);
}

TEST_F(Health, AStoreThatSaysNothingIsNotReady) {
    store_.holds = true;

    EXPECT_EQ(ask_now(), 503);  // for ever, if nothing bounded the wait
    EXPECT_EQ(ask_now(), 503);
    EXPECT_EQ(store_.probes, 1);

    store_.let_go();
    run_what_is_ready();
}

TEST_F(Health, AfterAProbeThatCameLateTheNextOneCountsAgain) {
    store_.holds = true;
    EXPECT_EQ(ask_now(), 503);
    store_.let_go();
    run_what_is_ready();
    while (ask_now() != 200 || store_.probes < 2) continue;  // its outcome holds for a moment

    store_.answer = fail(errc::store_unavailable, "gone");
    while (store_.probes < 3) static_cast<void>(ask_now());

    EXPECT_EQ(ask_now(), 503);
}

TEST_F(Health, WhoGaveUpIsNotReadyAndAsksNobody) {
    health_.give_up("shutting_down");

    EXPECT_EQ(ask_now(), 503);
    EXPECT_EQ(store_.probes, 0);
}

}  // namespace
}  // namespace voicehook::api
