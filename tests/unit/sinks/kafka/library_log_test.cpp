#include "sinks/kafka/library_log.hpp"
#include "sinks/kafka/statistics.hpp"

#include <gtest/gtest.h>

namespace voicehook::sinks::kafka {
namespace {

using namespace std::chrono_literals;

TEST(KafkaLibraryLog, WritesTenLinesAtOnceAndOneInSixSecondsAfterThem) {
    auto log = library_log{sink_name{"events"}};
    auto now = library_log::clock::now();

    for (int i = 0; i < 25; ++i) log.write(log_level::debug, "FAIL", "Connection refused", now);
    auto const at_once = log.left_out();
    log.write(log_level::debug, "FAIL", "Connection refused", now + 6s);

    EXPECT_EQ(at_once, 15u);
    EXPECT_EQ(log.left_out(), 0u);
}

TEST(KafkaLibraryLog, ALostConnectionIsAWarning) {
    EXPECT_EQ(level_of(0), log_level::error);
    EXPECT_EQ(level_of(3), log_level::warning);
    EXPECT_EQ(level_of(5), log_level::info);
    EXPECT_EQ(level_of(7), log_level::debug);
}

TEST(KafkaStatistics, TakesTheQueueAndTheSlowestBroker) {
    auto const json = R"({"name":"voicehook#producer-1","msg_cnt":17,"brokers":{
        "127.0.0.1:1/1":{"rtt":{"min":1,"avg":2500}},"127.0.0.1:2/2":{"rtt":{"avg":120000}},"internal":{}}})";

    auto const found = read_statistics(json);

    ASSERT_TRUE(found);
    EXPECT_EQ(found->queued, 17);
    EXPECT_DOUBLE_EQ(found->slowest_rtt_seconds, 0.12);
}

TEST(KafkaStatistics, AreNothingWhenTheyAreSomethingElse) {
    EXPECT_FALSE(read_statistics(""));
    EXPECT_FALSE(read_statistics("[]"));
    EXPECT_FALSE(read_statistics(R"({"msg_cnt":1})"));
    EXPECT_FALSE(read_statistics(R"({"msg_cnt":1,"brokers":[]})"));
}

}  // namespace
}  // namespace voicehook::sinks::kafka
