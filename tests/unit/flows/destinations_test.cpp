#include "flows/destinations.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace voicehook::flows {
namespace {

constexpr instant noon = instant{std::chrono::sys_days{std::chrono::year{2026} / 4 / 2}} + 12h;
core::attempt_outcome const well{.failed = {}, .answer = "HTTP 200"};
core::attempt_outcome const ill{.failed = core::delivery_cause::timeout, .answer = "no answer within 15 s"};
constexpr core::breaker_policy after_two{.opens_after = 2, .first_wait = 4s, .longest_wait = 60s};

TEST(Destinations, EachHasItsOwnPlaces) {
    auto hosts = destinations{2, after_two};

    EXPECT_FALSE(hosts.admit("a", noon));
    EXPECT_FALSE(hosts.admit("a", noon));
    EXPECT_TRUE(hosts.admit("a", noon));
    EXPECT_FALSE(hosts.admit("b", noon));

    hosts.finish("a", well, 10ms, noon + 10ms, 0);
    EXPECT_FALSE(hosts.admit("a", noon + 10ms));
}

TEST(Destinations, WhatFindsNoRoomComesBackInTurnAtThePaceOfTheHost) {
    auto hosts = destinations{1, after_two};
    EXPECT_FALSE(hosts.admit("a", noon));

    auto const first = hosts.admit("a", noon).value().until;
    auto const second = hosts.admit("a", noon).value().until;
    auto const third = hosts.admit("a", noon).value().until;

    EXPECT_GT(first, noon);
    EXPECT_EQ(second - first, 200ms);
    EXPECT_EQ(third - second, 200ms);
}

TEST(Destinations, NobodyIsPutOffForLongerThanTheLongestWait) {
    auto hosts = destinations{1, after_two};
    EXPECT_FALSE(hosts.admit("slow", noon));
    hosts.finish("slow", ill, 15s, noon, 0);
    EXPECT_FALSE(hosts.admit("slow", noon));

    auto last = noon;
    for (int waiting = 0; waiting < 10'000; ++waiting) last = hosts.admit("slow", noon).value().until;

    EXPECT_EQ(last, noon + destinations::longest_wait);
}

TEST(Destinations, WhatWaitsForADeadOneComesAgainSlowlyHoweverMuchItIs) {
    auto hosts = destinations{8, after_two};
    for (int failure = 0; failure < 2; ++failure) {
        EXPECT_FALSE(hosts.admit("dead", noon));
        hosts.finish("dead", ill, 1ms, noon, 0);
    }

    auto const first = hosts.admit("dead", noon).value().until;
    auto last = first;
    for (int waiting = 0; waiting < 200; ++waiting) last = hosts.admit("dead", noon).value().until;

    EXPECT_EQ(last - first, 200 * destinations::least_gap_when_ill);
}

TEST(Destinations, ADeadOneIsProbedByOneWhileTheOthersWaitAndNoOtherHostNotices) {
    auto hosts = destinations{8, after_two};
    for (int failure = 0; failure < 2; ++failure) {
        EXPECT_FALSE(hosts.admit("dead", noon));
        hosts.finish("dead", ill, 1s, noon, 0);
    }

    EXPECT_EQ(hosts.ill(), 1u);
    EXPECT_EQ(hosts.admit("dead", noon)->until, noon + 4s);
    EXPECT_FALSE(hosts.admit("alive", noon));
    EXPECT_FALSE(hosts.admit("dead", noon + 4s));
    EXPECT_TRUE(hosts.admit("dead", noon + 4s));

    hosts.finish("dead", well, 10ms, noon + 5s, 0);
    EXPECT_EQ(hosts.ill(), 0u);
    EXPECT_FALSE(hosts.admit("dead", noon + 5s));
}

TEST(Destinations, ARefusalTellsWhetherTheHostIsBusyOrIll) {
    auto hosts = destinations{1, after_two};
    EXPECT_FALSE(hosts.admit("a", noon));

    EXPECT_FALSE(hosts.admit("a", noon)->ill_with);

    hosts.finish("a", ill, 1s, noon, 0);
    EXPECT_FALSE(hosts.admit("a", noon));
    hosts.finish("a", ill, 1s, noon, 0);
    EXPECT_EQ(hosts.admit("a", noon)->ill_with->answer, "no answer within 15 s");
}

TEST(Destinations, ThoseThatAreWellAndIdleAreForgotten) {
    auto hosts = destinations{1, after_two};

    for (int host = 0; host < 5000; ++host) {
        auto const name = fmt::format("host-{}", host);
        EXPECT_FALSE(hosts.admit(name, noon));
        hosts.finish(name, well, 1ms, noon, 0);
    }

    EXPECT_EQ(hosts.known(), 0u);
}

TEST(Destinations, ThoseThatFailedAndWereNotUsedForLongAreForgottenHoweverFewTheyAre) {
    auto hosts = destinations{1, after_two};
    for (int failure = 0; failure < 2; ++failure) {
        EXPECT_FALSE(hosts.admit("gone for good", noon));
        hosts.finish("gone for good", ill, 1ms, noon, 0);
    }
    hosts.forget_idle(noon);
    EXPECT_EQ(hosts.ill(), 1u);

    hosts.forget_idle(noon + 11min);

    EXPECT_EQ(hosts.known(), 0u);
    EXPECT_EQ(hosts.ill(), 0u);
}

TEST(Destinations, ThoseThatFailedAreForgottenBeforeTheyAreTooMany) {
    auto hosts = destinations{1, after_two};

    for (int host = 0; host < 5000; ++host) {
        auto const name = fmt::format("host-{}", host);
        auto const now = noon + host * 1s;
        hosts.forget_idle(now);
        EXPECT_FALSE(hosts.admit(name, now));
        hosts.finish(name, ill, 1ms, now, 0);
    }

    EXPECT_LE(hosts.known(), 1024u);
}

TEST(Destinations, WhatOneRefusesIsNotForTheRetriesOfAnother) {
    auto hosts = destinations{1, after_two};
    for (int retry = 0; retry < 100; ++retry) static_cast<void>(hosts.budget_of("refuses", noon).take(noon));

    EXPECT_GT(hosts.budget_of("refuses", noon).take(noon), 1min);
    EXPECT_EQ(hosts.budget_of("fails once", noon).take(noon), 0s);
}

TEST(Destinations, AnAnswerDoesNotForgetTheRetriesBeforeIt) {
    auto hosts = destinations{1, after_two};
    for (int retry = 0; retry < 100; ++retry) static_cast<void>(hosts.budget_of("refuses", noon).take(noon));

    EXPECT_FALSE(hosts.admit("refuses", noon));
    hosts.finish("refuses", well, 1ms, noon, 0);

    EXPECT_GT(hosts.budget_of("refuses", noon).take(noon), 1min);
}

}  // namespace
}  // namespace voicehook::flows
