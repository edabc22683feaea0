// The sink beside a cluster in this process.
#include "sinks/kafka/create.hpp"
#include "telemetry/metrics.hpp"
#include "tests/kafka/mock_cluster.hpp"
#include "tests/unit/async/run_coroutine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <regex>

namespace voicehook::testing {
namespace {

using core::delivery_cause;
using hint = core::attempt_outcome::hint;
using sinks::kafka::kafka_sink_settings;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

core::delivery a_delivery(int number = 1) {
    auto item = core::delivery{};
    item.id = delivery_id{fmt::format("msg_{}", number)};
    item.task = task_id{"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
    item.content_type = "application/json";
    item.event_type = "voice_design.completed";
    item.body = std::string{"{\"n\":1e400}\r\n\0\xff", 15};
    return item;
}

class KafkaSink : public ::testing::Test {
protected:
    KafkaSink() { cluster_.create_topic("results", 3); }

    kafka_sink_settings settings() {
        return {.name = sink_name{"events"}, .brokers = cluster_.brokers(), .topic = "results", .timeout = 3s};
    }

    std::unique_ptr<ports::sink> open(kafka_sink_settings from) {
        auto made = sinks::kafka::create_kafka_sink(io_.get_executor(), &metrics_, std::move(from));
        EXPECT_TRUE(made) << made.error().doing;
        return made ? std::move(*made) : nullptr;
    }
    std::unique_ptr<ports::sink> open() { return open(settings()); }

    core::attempt_outcome deliver(ports::sink& sink, core::delivery const& item) {
        return test::run(io_, sink.deliver(item, trace_));
    }

    void pause() {
        auto timer = asio::steady_timer{io_, 100ms};
        auto over = false;
        timer.async_wait([&over](auto) { over = true; });
        test::run_until(io_, over);
    }

    /// Tries again, for some seconds, until it is delivered.
    core::attempt_outcome deliver_in_the_end(ports::sink& sink, core::delivery const& item) {
        auto outcome = deliver(sink, item);
        for (auto tries = 0; outcome.failed && tries < 50; ++tries) {
            pause();
            outcome = deliver(sink, item);
        }
        return outcome;
    }

    mock_cluster cluster_;
    telemetry::metrics metrics_{{.sinks = {"events"}}, "test"};
    asio::io_context io_{1};
    trace_context trace_{trace_id{"0af7651916cd43dd8448eb211c80319c"}, span_id{"b7ad6b7169203331"}};
};

TEST_F(KafkaSink, DeliversTheStoredBytesUnderTheTasksKey) {
    auto const sink = open();
    auto const item = a_delivery();

    auto const outcome = deliver(*sink, item);

    ASSERT_EQ(outcome.failed, std::nullopt) << outcome.answer;
    EXPECT_THAT(outcome.answer, HasSubstr("offset 0"));
    auto const kept = cluster_.read("results");
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0].key, item.task.value());
    EXPECT_EQ(kept[0].value, item.body);
    EXPECT_EQ(kept[0].header("webhook-id"), "msg_1");
    EXPECT_EQ(kept[0].header("type"), "voice_design.completed");
    EXPECT_EQ(kept[0].header("traceparent"), write_traceparent(trace_));
    EXPECT_GT(sink->longest_attempt(), 3s);
}

TEST_F(KafkaSink, ARetriableAnswerIsTriedAgainByTheLibraryWithinTheAttempt) {
    auto const sink = open();
    cluster_.push_produce_errors({RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE});

    auto const outcome = deliver(*sink, a_delivery());

    EXPECT_EQ(outcome.failed, std::nullopt) << outcome.answer;
    EXPECT_EQ(cluster_.read("results").size(), 1u);
}

TEST_F(KafkaSink, AnAnswerAboutTheMessageEndsTheAttempt) {
    auto const sink = open();
    cluster_.push_produce_errors({RD_KAFKA_RESP_ERR_INVALID_RECORD});

    auto const outcome = deliver(*sink, a_delivery());

    EXPECT_EQ(outcome.failed, delivery_cause::format) << outcome.answer;
    EXPECT_EQ(outcome.then, hint::park);
    EXPECT_EQ(deliver(*sink, a_delivery()).failed, std::nullopt);
}

TEST_F(KafkaSink, AMessageThatTheBrokerRefusesAsTooLargeWhenNoOtherWasUnderWayIsParked) {
    auto const sink = open();
    cluster_.push_produce_errors({RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});

    auto const outcome = deliver(*sink, a_delivery());

    EXPECT_EQ(outcome.failed, delivery_cause::too_large) << outcome.answer;
    EXPECT_EQ(outcome.then, hint::park);
}

TEST_F(KafkaSink, DeliversAgainOnceItMayWrite) {
    auto const sink = open();
    cluster_.push_produce_errors({RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});

    auto const denied = deliver(*sink, a_delivery());

    EXPECT_EQ(denied.failed, delivery_cause::unauthorized) << denied.answer;
    EXPECT_EQ(denied.then, hint::none);
    EXPECT_EQ(deliver_in_the_end(*sink, a_delivery()).failed, std::nullopt);
}

TEST_F(KafkaSink, AMessageThatIsTooLargeIsParkedWithoutBeingSent) {
    auto wanted = settings();
    wanted.max_message = 10'000;
    auto const sink = open(std::move(wanted));
    auto item = a_delivery();
    item.body.assign(20'000, 'x');

    auto const outcome = deliver(*sink, item);

    EXPECT_EQ(outcome.failed, delivery_cause::too_large);
    EXPECT_EQ(outcome.then, hint::park);
}

TEST_F(KafkaSink, AClusterThatIsDownFailsTheAttemptInTimeAndServesTheNextWhenItIsBack) {
    auto const sink = open();
    cluster_.set_down();
    auto const began = std::chrono::steady_clock::now();
    auto const failed = deliver(*sink, a_delivery());
    auto const took = std::chrono::steady_clock::now() - began;
    cluster_.set_up();

    auto const outcome = deliver(*sink, a_delivery());

    EXPECT_THAT(failed.failed, AnyOf(delivery_cause::refused, delivery_cause::reset, delivery_cause::timeout));
    EXPECT_LT(took, sink->longest_attempt());
    EXPECT_EQ(outcome.failed, std::nullopt) << outcome.answer;
}

TEST_F(KafkaSink, AProducerThatFailsForGoodIsReplaced) {
    auto const sink = open();
    ASSERT_EQ(deliver(*sink, a_delivery(1)).failed, std::nullopt);
    cluster_.push_produce_errors({RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
    auto const failed = deliver(*sink, a_delivery(2));

    auto const outcome = deliver_in_the_end(*sink, a_delivery(2));

    if (failed.failed) EXPECT_EQ(failed.failed, delivery_cause::unavailable) << failed.answer;
    EXPECT_EQ(outcome.failed, std::nullopt) << outcome.answer;
}

TEST_F(KafkaSink, ACancelledDeliveryReturnsAtOnceAndItsReportIsDropped) {
    auto sink = open();
    cluster_.set_delay(2s);
    auto const item = a_delivery();
    auto stop = asio::cancellation_signal{};
    auto outcome = std::optional<core::attempt_outcome>{};
    auto over = false;
    asio::co_spawn(
        io_, sink->deliver(item, trace_),
        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr problem, core::attempt_outcome what) {
            EXPECT_FALSE(problem);
            outcome = std::move(what);
            over = true;
        }));
    io_.poll();
    auto const began = std::chrono::steady_clock::now();

    stop.emit(asio::cancellation_type::terminal);
    test::run_until(io_, over);

    EXPECT_LT(std::chrono::steady_clock::now() - began, 500ms);
    EXPECT_EQ(outcome->failed, delivery_cause::reset);
    sink.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 500ms);
}

TEST_F(KafkaSink, CanGoAtAnyMomentWhoeverIsDown) {
    auto const item = a_delivery();
    for (int round = 0; round < 5; ++round) {
        if (round == 1) cluster_.set_down();
        auto sink = open();
        for (int i = 0; i < 20; ++i)
            asio::co_spawn(io_, sink->deliver(item, trace_), [](std::exception_ptr, core::attempt_outcome) {});
        io_.poll();
        auto const began = std::chrono::steady_clock::now();

        sink.reset();

        EXPECT_LT(std::chrono::steady_clock::now() - began, 100ms);
    }
}

TEST_F(KafkaSink, TellsTheRoundTripAndItsQueueAndCountsLostConnectionsUntilItRetires) {
    auto wanted = settings();
    wanted.properties = {{"statistics.interval.ms", "50"}};
    auto const sink = open(std::move(wanted));
    ASSERT_EQ(deliver(*sink, a_delivery()).failed, std::nullopt);
    auto const shows = [this](std::string const& line) {
        for (auto tries = 0; tries < 50; ++tries, pause())
            if (std::regex_search(metrics_.render(), std::regex{line})) return true;
        return false;
    };

    EXPECT_TRUE(shows(R"(voicehook_sink_broker_rtt_seconds\{sink="events"\} (0\.0*[1-9]|[1-9]))"));
    EXPECT_TRUE(shows(R"(voicehook_sink_queue_messages\{sink="events"\} 0)"));
    cluster_.set_down();
    EXPECT_TRUE(shows(R"(voicehook_sink_connection_errors_total\{sink="events"\} [1-9])"));

    sink->retire();

    EXPECT_THAT(metrics_.render(), HasSubstr("voicehook_sink_broker_rtt_seconds{sink=\"events\"} 0\n"));
    EXPECT_THAT(metrics_.render(), HasSubstr("voicehook_sink_queue_messages{sink=\"events\"} 0\n"));
}

TEST_F(KafkaSink, TheProbeFindsTheTopicAndSaysWhatIsWrongWithIt) {
    auto const sink = open();
    auto const found = test::run(io_, sink->probe());
    cluster_.set_topic_error("results", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    auto const missing = test::run(io_, sink->probe());
    cluster_.set_topic_error("results", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    auto const denied = test::run(io_, sink->probe());
    cluster_.set_down();
    auto const down = test::run(io_, sink->probe());

    EXPECT_TRUE(found) << found.error().doing;
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().doing, AllOf(HasSubstr("topic results"), HasSubstr("create the topic")));
    ASSERT_FALSE(denied);
    EXPECT_THAT(denied.error().doing, HasSubstr("may write"));
    ASSERT_FALSE(down);
    EXPECT_THAT(down.error().doing, HasSubstr("check brokers"));
}

TEST_F(KafkaSink, ATopicThatIsMissingIsToldApartAndFoundWhenItIsThere) {
    cluster_.set_topic_error("results", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    auto const sink = open();
    auto const missing = deliver(*sink, a_delivery());
    cluster_.set_topic_error("results", RD_KAFKA_RESP_ERR_NO_ERROR);

    auto const outcome = deliver_in_the_end(*sink, a_delivery());

    EXPECT_EQ(missing.failed, delivery_cause::unknown_target) << missing.answer;
    EXPECT_EQ(outcome.failed, std::nullopt) << outcome.answer;
}

}  // namespace
}  // namespace voicehook::testing
