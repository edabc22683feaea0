#include "sinks/kafka/configuration.hpp"
#include "sinks/kafka/create.hpp"

#include <gmock/gmock.h>

#include <array>

namespace voicehook::sinks::kafka {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

kafka_sink_settings some_settings() {
    return {.name = sink_name{"events"}, .brokers = {"127.0.0.1:1", "[::1]:2"}, .topic = "results"};
}

std::string property_of(configuration const& from, char const* name) {
    auto text = std::array<char, 512>{};
    auto size = text.size();
    EXPECT_EQ(rd_kafka_conf_get(from.get(), name, text.data(), &size), RD_KAFKA_CONF_OK) << name;
    return text.data();
}

TEST(KafkaConfiguration, AsksForIdempotenceAndForEveryReplica) {
    auto const made = make_configuration(some_settings());

    ASSERT_TRUE(made) << made.error().doing;
    EXPECT_EQ(property_of(*made, "enable.idempotence"), "true");
    EXPECT_EQ(property_of(*made, "acks"), "-1");
    EXPECT_EQ(property_of(*made, "message.timeout.ms"), "15000");
    EXPECT_EQ(property_of(*made, "bootstrap.servers"), "127.0.0.1:1,[::1]:2");
    EXPECT_EQ(property_of(*made, "security.protocol"), "plaintext");
}

TEST(KafkaConfiguration, TheQueueHoldsEverythingThatMayBeUnderWayAndHasABound) {
    auto settings = some_settings();
    settings.max_in_flight = 10'000;
    settings.max_message = 100'000'000;

    auto const made = make_configuration(settings);

    ASSERT_TRUE(made) << made.error().doing;
    EXPECT_EQ(property_of(*made, "queue.buffering.max.messages"), "20000");
    EXPECT_EQ(property_of(*made, "queue.buffering.max.kbytes"), "195313");
}

TEST(KafkaConfiguration, LogsInOverTls) {
    auto settings = some_settings();
    settings.security = kafka_sink_settings::transport::tls;
    settings.mechanism = "SCRAM-SHA-512";
    settings.username = "voicehook";
    settings.password = secret{"hunter2"};

    auto const made = make_configuration(settings);

    ASSERT_TRUE(made) << made.error().doing;
    EXPECT_EQ(property_of(*made, "security.protocol"), "sasl_ssl");
    EXPECT_EQ(property_of(*made, "sasl.mechanisms"), "SCRAM-SHA-512");
    EXPECT_EQ(property_of(*made, "ssl.endpoint.identification.algorithm"), "https");
    EXPECT_TRUE(check_settings(settings));
}

TEST(KafkaConfiguration, PassesPropertiesOnAndNamesTheOneThatIsRefused) {
    auto settings = some_settings();
    settings.properties = {{"compression.codec", "zstd"}, {"compresion.level", "3"}};

    auto const made = make_configuration(settings);

    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().doing, AllOf(HasSubstr("sinks.events.properties[1]"), HasSubstr("compresion.level")));
}

TEST(KafkaConfiguration, WhatOnlyTheClientAsAWholeRefusesIsFoundByTheCheck) {
    auto settings = some_settings();
    settings.security = kafka_sink_settings::transport::tls;
    settings.ca_file = "/nonexistent/ca.crt";
    settings.password = secret{"hunter2"};

    auto const checked = check_settings(settings);

    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().doing, AllOf(HasSubstr("sinks.events"), HasSubstr("ca"), Not(HasSubstr("hunter2"))));
}

TEST(KafkaConfiguration, TooManyRequestsAtOnceForAnIdempotentProducerAreRefused) {
    auto settings = some_settings();
    settings.properties = {{"max.in.flight", "6"}};

    auto const checked = check_settings(settings);

    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().doing, HasSubstr("max.in.flight"));
}

}  // namespace
}  // namespace voicehook::sinks::kafka
