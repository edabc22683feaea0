#include "sinks/kafka/error_table.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace voicehook::sinks::kafka {
namespace {

using core::delivery_cause;
using hint = core::attempt_outcome::hint;
using ::testing::HasSubstr;

struct row {
    rd_kafka_resp_err_t code;
    std::optional<delivery_cause> cause;
    hint then{hint::none};
};

/// Of a message that is as large as it gets.
std::vector<row> const table{
    {RD_KAFKA_RESP_ERR_NO_ERROR, std::nullopt},

    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, delivery_cause::too_large, hint::park},
    {RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, delivery_cause::too_large, hint::park},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, delivery_cause::too_large, hint::park},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, delivery_cause::format, hint::park},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, delivery_cause::format, hint::park},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, delivery_cause::format},

    {RD_KAFKA_RESP_ERR__AUTHENTICATION, delivery_cause::unauthorized},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, delivery_cause::unauthorized},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, delivery_cause::unauthorized},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, delivery_cause::unauthorized},

    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, delivery_cause::unknown_target},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, delivery_cause::unknown_target},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, delivery_cause::unknown_target},

    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, delivery_cause::timeout},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, delivery_cause::timeout},
    {RD_KAFKA_RESP_ERR__RESOLVE, delivery_cause::dns},
    {RD_KAFKA_RESP_ERR__SSL, delivery_cause::tls},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, delivery_cause::reset},
    {RD_KAFKA_RESP_ERR__TRANSPORT, delivery_cause::reset},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, delivery_cause::reset},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, delivery_cause::protocol},

    {RD_KAFKA_RESP_ERR__QUEUE_FULL, delivery_cause::unavailable},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, delivery_cause::unavailable},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, delivery_cause::unavailable},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, delivery_cause::unavailable},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, delivery_cause::unavailable},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, delivery_cause::unavailable},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, delivery_cause::unavailable},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, delivery_cause::unavailable},
    {RD_KAFKA_RESP_ERR__FATAL, delivery_cause::unavailable},
};

TEST(KafkaErrors, EachMeansWhatTheTableSays) {
    for (auto const& [code, cause, then] : table) {
        auto const outcome = judge({.code = code, .in_batch = company::none}, std::nullopt);

        EXPECT_EQ(outcome.failed, cause) << rd_kafka_err2name(code);
        EXPECT_EQ(outcome.then, then) << rd_kafka_err2name(code);
        EXPECT_EQ(outcome.answer.empty(), !cause) << rd_kafka_err2name(code);
    }
}

TEST(KafkaErrors, NoneOfTheLibrarysCodesCountsAsDelivered) {
    rd_kafka_err_desc const* known = nullptr;
    std::size_t count = 0;
    rd_kafka_get_err_descs(&known, &count);

    ASSERT_GT(count, 100u);
    for (std::size_t i = 0; i < count; ++i)
        if (known[i].name != nullptr && known[i].code != RD_KAFKA_RESP_ERR_NO_ERROR)
            EXPECT_TRUE(judge({.code = known[i].code}, std::nullopt).failed) << known[i].name;
}

TEST(KafkaErrors, AMessageThatMayHaveSharedItsBatchIsTriedAgain) {
    for (auto const code : {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD}) {
        auto const outcome = judge({.code = code, .in_batch = company::possible}, std::nullopt);

        EXPECT_EQ(outcome.failed, cause_of(code));
        EXPECT_EQ(outcome.then, hint::none);
    }
}

TEST(KafkaErrors, SilenceIsExplainedByTheLastTroubleOfAConnection) {
    auto const silent = ended_with{.code = RD_KAFKA_RESP_ERR__MSG_TIMED_OUT};

    auto const refused = judge(silent, trouble{RD_KAFKA_RESP_ERR__TRANSPORT, "Connect failed: Connection refused"});
    auto const alerted =
        judge(silent, trouble{RD_KAFKA_RESP_ERR__TRANSPORT, "certificate required: SSL alert number 116"});
    auto const denied = judge(silent, trouble{RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error"});
    auto const answered = judge({.code = RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS},
                                trouble{RD_KAFKA_RESP_ERR__SSL, "certificate verify failed"});

    EXPECT_EQ(refused.failed, delivery_cause::refused);
    EXPECT_THAT(refused.answer, HasSubstr("Connection refused"));
    EXPECT_EQ(alerted.failed, delivery_cause::tls);
    EXPECT_EQ(denied.failed, delivery_cause::unauthorized);
    EXPECT_EQ(answered.failed, delivery_cause::unavailable);
}

TEST(KafkaErrors, TheOutcomeTellsWhenAMessageMayBeThereAllTheSame) {
    auto const outcome =
        judge({.code = RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, .in_topic = presence::possible}, std::nullopt);

    EXPECT_THAT(outcome.answer, HasSubstr("may be in the topic"));
}

TEST(KafkaErrors, WhatTheLibrarySaysReachesPeoplePrintable) {
    auto const outcome = judge({.code = RD_KAFKA_RESP_ERR__MSG_TIMED_OUT},
                               trouble{RD_KAFKA_RESP_ERR__TRANSPORT, std::string{"a\r\nb\0\x1b[31m\xff", 11}});

    for (auto const letter : outcome.answer) EXPECT_TRUE(letter >= ' ' && letter <= '~') << outcome.answer;
}

TEST(KafkaErrors, AFailureInTheTlsHandshakeIsAboutTlsHoweverItIsCalled) {
    auto const called = [](rd_kafka_resp_err_t code, std::string text) {
        return sinks::kafka::make_trouble(code, std::move(text)).code;
    };

    EXPECT_EQ(called(RD_KAFKA_RESP_ERR__TRANSPORT, "ssl://b:1: SSL handshake failed: certificate verify failed"),
              RD_KAFKA_RESP_ERR__SSL);
    EXPECT_EQ(called(RD_KAFKA_RESP_ERR__TRANSPORT, "ssl://b:1: Disconnected (after 1ms in state SSL_HANDSHAKE)"),
              RD_KAFKA_RESP_ERR__SSL);
    EXPECT_EQ(called(RD_KAFKA_RESP_ERR__TRANSPORT, "b:1: Disconnected (after 1ms in state APIVERSION_QUERY)"),
              RD_KAFKA_RESP_ERR__TRANSPORT);
    EXPECT_EQ(called(RD_KAFKA_RESP_ERR__AUTHENTICATION, "SSL handshake failed"), RD_KAFKA_RESP_ERR__AUTHENTICATION);
}

}  // namespace
}  // namespace voicehook::sinks::kafka
