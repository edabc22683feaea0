#include "sinks/redis/verdict.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace voicehook::testing {
namespace {

using core::delivery_cause;
using sinks::redis::ends_connection;
using sinks::redis::is_not_primary;
using sinks::redis::outcome_of;
using sinks::redis::reply;
using ::testing::HasSubstr;
using hint = core::attempt_outcome::hint;

reply error_of(std::string text) { return {.is = reply::kind::error, .text = std::move(text)}; }

TEST(RedisVerdict, AnEntrysIdMeansDelivered) {
    auto const outcome = outcome_of({.is = reply::kind::text, .text = "1526919030474-0"}, "results");

    EXPECT_EQ(outcome.failed, std::nullopt);
    EXPECT_EQ(outcome.answer, "entry 1526919030474-0 of results");
}

TEST(RedisVerdict, NothingElseDoes) {
    for (auto const& answer : {reply{.is = reply::kind::status, .text = "OK"}, reply{.is = reply::kind::integer},
                               reply{.is = reply::kind::nothing}})
        EXPECT_EQ(outcome_of(answer, "results").failed, delivery_cause::protocol);
}

struct row {
    std::string error;
    delivery_cause cause;
    hint then{hint::none};
    std::string advice{};
};

TEST(RedisVerdict, ErrorsAreToldApart) {
    auto const rows = std::vector<row>{
        {"NOAUTH Authentication required.", delivery_cause::unauthorized, hint::none, "set password"},
        {"WRONGPASS invalid username-password pair or user is disabled.", delivery_cause::unauthorized},
        {"NOPERM this user has no permissions to run the 'xadd' command", delivery_cause::unauthorized, hint::none,
         "+xadd"},
        {"DENIED Redis is running in protected mode", delivery_cause::unauthorized},
        {"ERR AUTH <password> called without any password configured for the default user.",
         delivery_cause::unauthorized},
        {"WRONGTYPE Operation against a key holding the wrong kind of value", delivery_cause::unknown_target,
         hint::none, "another for stream"},
        {"ERR DB index is out of range", delivery_cause::unknown_target, hint::none, "url"},
        {"ERR unknown command 'XADD', with args beginning with:", delivery_cause::unknown_target, hint::none,
         "Redis 5"},
        {"ERR Protocol error: invalid bulk length", delivery_cause::too_large, hint::park},
        {"ERR string exceeds maximum allowed size (proto-max-bulk-len)", delivery_cause::too_large, hint::park},
        {"ERR Elements are too large to be stored", delivery_cause::too_large, hint::park},
        {"OOM command not allowed when used memory > 'maxmemory'.", delivery_cause::unavailable, hint::none,
         "max_length"},
        {"LOADING Redis is loading the dataset in memory", delivery_cause::unavailable},
        {"BUSY Redis is busy running a script.", delivery_cause::unavailable},
        {"READONLY You can't write against a read only replica.", delivery_cause::unavailable, hint::none, "primary"},
        {"MASTERDOWN Link with MASTER is down", delivery_cause::unavailable},
        {"CLUSTERDOWN The cluster is down", delivery_cause::unavailable},
        {"NOREPLICAS Not enough good replicas to write.", delivery_cause::unavailable},
        {"MISCONF Redis is configured to save RDB snapshots", delivery_cause::unavailable},
        {"MOVED 3999 127.0.0.1:6381", delivery_cause::unavailable, hint::none, "cluster is not supported"},
        {"ASK 3999 127.0.0.1:6381", delivery_cause::unavailable, hint::none, "cluster is not supported"},
        {"ERR max number of clients reached", delivery_cause::unavailable},
        {"ERR max number of clients + cluster connections reached", delivery_cause::unavailable},
        {"ERR syntax error", delivery_cause::protocol},
        {"BUSYGROUP Consumer Group name already exists", delivery_cause::protocol},
        {"", delivery_cause::protocol},
    };
    for (auto const& [error, cause, then, advice] : rows) {
        auto const outcome = outcome_of(error_of(error), "results");

        EXPECT_EQ(outcome.failed, cause) << error;
        EXPECT_EQ(outcome.then, then) << error;
        EXPECT_THAT(outcome.answer, HasSubstr(error));
        EXPECT_THAT(outcome.answer, HasSubstr(advice));
    }
}

TEST(RedisVerdict, WhatAServerSaysIsMadeFitForPeople) {
    auto const outcome = outcome_of(error_of("OOM \x1b[2J\xff" + std::string(5000, 'x')), "results");

    EXPECT_EQ(outcome.failed, delivery_cause::unavailable);
    EXPECT_LT(outcome.answer.size(), 400u);
    EXPECT_THAT(outcome.answer, HasSubstr("OOM ?[2J?xxx"));
}

TEST(RedisVerdict, AfterSomeErrorsAConnectionIsOver) {
    EXPECT_TRUE(ends_connection(error_of("NOAUTH Authentication required.")));
    EXPECT_TRUE(ends_connection(error_of("ERR Protocol error: invalid bulk length")));
    EXPECT_TRUE(ends_connection(error_of("ERR max number of clients reached")));
    EXPECT_FALSE(ends_connection(error_of("WRONGTYPE no")));
    EXPECT_FALSE(ends_connection({.is = reply::kind::text, .text = "NOAUTH"}));
}

TEST(RedisVerdict, AServerThatTakesNoWritesIsNotThePrimary) {
    EXPECT_TRUE(is_not_primary(error_of("READONLY You can't write against a read only replica.")));
    EXPECT_TRUE(is_not_primary(error_of("MASTERDOWN Link with MASTER is down")));
    EXPECT_TRUE(is_not_primary(error_of("NOREPLICAS Not enough good replicas to write.")));
    EXPECT_FALSE(is_not_primary(error_of("OOM command not allowed when used memory > 'maxmemory'.")));
    EXPECT_FALSE(is_not_primary({.is = reply::kind::text, .text = "READONLY"}));
}

}  // namespace
}  // namespace voicehook::testing
