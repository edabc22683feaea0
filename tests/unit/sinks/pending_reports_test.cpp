#include "sinks/pending_reports.hpp"

#include "tests/unit/async/run_coroutine.hpp"

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <thread>
#include <vector>

namespace voicehook::testing {
namespace {

using core::attempt_outcome;
using core::delivery_cause;
using sinks::pending_reports;

constexpr auto long_enough = 10s;

class PendingReports : public ::testing::Test {
protected:
    /// Waits beside the test, which looks into `outcome` later.
    void start(pending_reports::seat& seat, std::optional<attempt_outcome>& outcome, bool& done,
               asio::cancellation_signal* stop = nullptr) {
        auto told = [&](std::exception_ptr const& problem, std::optional<attempt_outcome> found) {
            EXPECT_FALSE(problem);
            outcome = std::move(found);
            done = true;
        };
        if (stop != nullptr)
            asio::co_spawn(io_, seat.wait(deadline::in(long_enough)), asio::bind_cancellation_slot(stop->slot(), told));
        else
            asio::co_spawn(io_, seat.wait(deadline::in(long_enough)), told);
        io_.poll();
    }

    asio::io_context io_{1};
    pending_reports reports_{io_.get_executor()};
};

TEST_F(PendingReports, AReportEndsTheWaitOfItsOwnTokenOnly) {
    auto first = reports_.take_seat();
    auto second = reports_.take_seat();
    auto outcome = std::optional<attempt_outcome>{};
    auto other = std::optional<attempt_outcome>{};
    auto done = false;
    auto other_done = false;
    start(first, outcome, done);
    start(second, other, other_done);

    reports_.make_poster().complete(first.number(), {.answer = "partition 3, offset 7"});
    test::run_until(io_, done);

    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->answer, "partition 3, offset 7");
    EXPECT_FALSE(other_done);
    EXPECT_NE(first.number(), second.number());
    reports_.make_poster().complete(second.number(), {});
    test::run_until(io_, other_done);
}

TEST_F(PendingReports, AReportThatIsQuickerThanTheWaitIsKept) {
    auto seat = reports_.take_seat();
    reports_.make_poster().complete(seat.number(), {.answer = "quick"});
    io_.poll();

    auto const outcome = test::run(io_, seat.wait(deadline::in(long_enough)));

    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->answer, "quick");
}

TEST_F(PendingReports, TheFirstReportCounts) {
    auto seat = reports_.take_seat();
    reports_.make_poster().complete(seat.number(), {.answer = "first"});
    reports_.make_poster().complete(seat.number(), {.failed = delivery_cause::reset, .answer = "second"});
    io_.poll();

    auto const outcome = test::run(io_, seat.wait(deadline::in(long_enough)));

    EXPECT_EQ(outcome.value().answer, "first");
}

TEST_F(PendingReports, TheDeadlineEndsTheWaitWithNothing) {
    auto seat = reports_.take_seat();

    auto const outcome = test::run(io_, seat.wait(deadline::in(1ms)));

    EXPECT_FALSE(outcome.has_value());
}

TEST_F(PendingReports, CancellationEndsTheWaitWithNothing) {
    auto seat = reports_.take_seat();
    auto outcome = std::optional<attempt_outcome>{attempt_outcome{}};
    auto done = false;
    auto stop = asio::cancellation_signal{};
    start(seat, outcome, done, &stop);

    stop.emit(asio::cancellation_type::terminal);
    test::run_until(io_, done);

    EXPECT_FALSE(outcome.has_value());
}

TEST_F(PendingReports, ALateReportIsDroppedAndNothingIsKeptOfIt) {
    auto gone = pending_reports::token{};
    {
        auto const seat = reports_.take_seat();
        gone = seat.number();
        EXPECT_EQ(reports_.size(), 1u);
    }

    reports_.make_poster().complete(gone, {});
    io_.poll();

    EXPECT_EQ(reports_.size(), 0u);
}

TEST_F(PendingReports, APosterOutlivesTheBookAndTheContext) {
    auto io = std::make_unique<asio::io_context>(1);
    auto reports = std::make_unique<pending_reports>(io->get_executor());
    auto const poster = reports->make_poster();
    poster.complete(1, {});
    reports.reset();
    poster.complete(1, {});
    io->poll();
    io.reset();

    poster.complete(1, {});
}

TEST_F(PendingReports, ReportsOfManyThreadsAllArrive) {
    constexpr auto threads = 4;
    constexpr auto each = 500;
    auto seats = std::vector<std::unique_ptr<pending_reports::seat>>{};
    for (auto i = 0; i < threads * each; ++i)
        seats.push_back(std::unique_ptr<pending_reports::seat>{new pending_reports::seat(reports_.take_seat())});
    auto workers = std::vector<std::jthread>{};
    for (auto thread = 0; thread < threads; ++thread)
        workers.emplace_back([&seats, thread, poster = reports_.make_poster()] {
            for (auto i = 0; i < each; ++i) poster.complete(seats[thread * each + i]->number(), {.answer = "taken"});
        });

    for (auto const& seat : seats) {
        auto const outcome = test::run(io_, seat->wait(deadline::in(long_enough)));
        ASSERT_TRUE(outcome.has_value());
        EXPECT_EQ(outcome->answer, "taken");
    }
}

}  // namespace
}  // namespace voicehook::testing
