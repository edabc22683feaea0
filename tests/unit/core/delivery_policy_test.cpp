#include "core/delivery_policy.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace voicehook::core {
namespace {

constexpr instant noon = instant{std::chrono::sys_days{std::chrono::year{2026} / 4 / 2}} + 12h;
constexpr delivery_policy usual{};
constexpr double middle = 0.5;

delivery a_delivery(std::uint32_t attempts, duration tried_for) {
    auto item = delivery{};
    item.attempts = attempts;
    item.tried_for = tried_for;
    return item;
}

attempt_outcome a_failure(delivery_cause cause) {
    return {.failed = cause, .answer = "HTTP 500", .retry_after = std::nullopt};
}

enum class kind : std::uint8_t { delivered, again, parked };

TEST(DeliveryPolicy, DecidesAsTheTableSays) {
    using hint = attempt_outcome::hint;
    struct {
        std::string_view name;
        std::optional<delivery_cause> failed;
        std::optional<duration> retry_after;
        hint then;
        std::uint32_t attempts;
        duration tried_for;
        kind expected;
        duration wait;
        duration tried_for_after;
    } constexpr rows[] = {
        {"delivered", std::nullopt, std::nullopt, hint::none, 1, 0s, kind::delivered, 0s, 0s},
        {"delivered at the last moment", std::nullopt, std::nullopt, hint::none, 40, 24h, kind::delivered, 0s, 0s},
        {"first failure", delivery_cause::timeout, std::nullopt, hint::none, 1, 0s, kind::again, 500ms, 500ms},
        {"third failure", delivery_cause::status_5xx, std::nullopt, hint::none, 3, 4s, kind::again, 2s, 6s},
        {"never longer than an hour", delivery_cause::reset, std::nullopt, hint::none, 40, 2h, kind::again, 30min,
         150min},
        {"Retry-After is the least", delivery_cause::status_4xx, 90s, hint::none, 1, 0s, kind::again, 90s, 90s},
        {"Retry-After shorter than the wait", delivery_cause::status_5xx, 1s, hint::none, 5, 0s, kind::again, 8s, 8s},
        {"Retry-After is capped", delivery_cause::status_5xx, 24h, hint::none, 1, 0s, kind::again, 1h, 1h},
        {"the last wait ends with the time", delivery_cause::dns, std::nullopt, hint::none, 40, 24h - 1min, kind::again,
         1min, 24h},
        {"the time is over", delivery_cause::dns, std::nullopt, hint::none, 41, 24h, kind::parked, 0s, 0s},
        {"the sink wants it parked", delivery_cause::format, std::nullopt, hint::park, 1, 0s, kind::parked, 0s, 0s},
        {"the sink is paused", delivery_cause::gone, std::nullopt, hint::pause_sink, 1, 3s, kind::again, 500ms, 3s},
        {"the sink is paused at the end", delivery_cause::gone, std::nullopt, hint::pause_sink, 1, 24h, kind::again,
         500ms, 24h},
    };
    for (auto const& expected : rows) {
        SCOPED_TRACE(expected.name);
        auto const outcome = attempt_outcome{
            .failed = expected.failed, .answer = "", .retry_after = expected.retry_after, .then = expected.then};

        auto const decision = decide(usual, a_delivery(expected.attempts, expected.tried_for), outcome, noon, middle);

        ASSERT_EQ(decision.index(), static_cast<std::size_t>(expected.expected));
        if (auto const* const again = std::get_if<retry_at>(&decision)) {
            EXPECT_EQ(again->due, noon + expected.wait);
            EXPECT_EQ(again->tried_for, expected.tried_for_after);
        }
        if (auto const* const parked = std::get_if<park>(&decision)) EXPECT_EQ(parked->cause, expected.failed);
    }
}

TEST(DeliveryPolicy, GivesUpAfterADayOfTryingAndNotBefore) {
    auto item = a_delivery(0, 0s);
    auto now = noon;
    for (auto parked = false; !parked;) {
        ++item.attempts;
        ASSERT_LT(item.attempts, 1000U);

        auto const decision = decide(usual, item, a_failure(delivery_cause::timeout), now, middle);

        parked = std::holds_alternative<park>(decision);
        if (parked) break;
        now = std::get<retry_at>(decision).due;
        item.tried_for = std::get<retry_at>(decision).tried_for;
    }

    EXPECT_EQ(now, noon + 24h);
    EXPECT_GT(item.attempts, 48U);
}

TEST(CauseOfStatus, IsWhatTheTableSays) {
    struct {
        int status;
        std::optional<delivery_cause> expected;
    } constexpr rows[] = {
        {200, std::nullopt},
        {202, std::nullopt},
        {299, std::nullopt},
        {100, delivery_cause::protocol},
        {301, delivery_cause::status_3xx},
        {308, delivery_cause::status_3xx},
        {400, delivery_cause::status_4xx},
        {410, delivery_cause::gone},
        {429, delivery_cause::status_4xx},
        {500, delivery_cause::status_5xx},
        {599, delivery_cause::status_5xx},
        {600, delivery_cause::protocol},
        {0, delivery_cause::protocol},
    };
    for (auto const& [status, expected] : rows) EXPECT_EQ(cause_of_status(status), expected) << status;
}

TEST(DeliveryPolicy, ACauseThatNoRetryIsWorthParksAtOnceUnlessTheSinkAsksForTime) {
    auto const strict = delivery_policy{.park_at_once = {delivery_cause::status_4xx, delivery_cause::tls}};
    auto busy = a_failure(delivery_cause::status_4xx);
    busy.then = attempt_outcome::hint::retry;

    auto const refused = decide(strict, a_delivery(1, 0s), a_failure(delivery_cause::status_4xx), noon, middle);
    auto const later = decide(strict, a_delivery(1, 0s), busy, noon, middle);
    auto const other = decide(strict, a_delivery(1, 0s), a_failure(delivery_cause::status_5xx), noon, middle);

    ASSERT_TRUE(std::holds_alternative<park>(refused));
    EXPECT_EQ(std::get<park>(refused).cause, delivery_cause::status_4xx);
    EXPECT_TRUE(std::holds_alternative<retry_at>(later));
    EXPECT_TRUE(std::holds_alternative<retry_at>(other));
}

TEST(DeliveryPolicy, TheBudgetsWaitCountsLikeAnyOtherAndIsCapped) {
    auto const failed = a_failure(delivery_cause::status_5xx);

    auto const put_off = std::get<retry_at>(decide(usual, a_delivery(1, 0s), failed, noon, middle, 7min));
    auto const capped = std::get<retry_at>(decide(usual, a_delivery(1, 0s), failed, noon, middle, 9h));

    EXPECT_EQ(put_off.due, noon + 7min);
    EXPECT_EQ(put_off.tried_for, 7min);
    EXPECT_EQ(capped.due, noon + 1h);
}

TEST(DeliveryPolicy, WaitingForAFarSideThatIsIllCountsAndComesToAnEnd) {
    auto const failed = a_failure(delivery_cause::dns);

    auto const waits = std::get<defer>(wait_for_recovery(usual, a_delivery(1, 2h), failed, noon + 5min, noon));
    auto const last = std::get<defer>(wait_for_recovery(usual, a_delivery(1, 24h - 1min), failed, noon + 5min, noon));
    auto const over = std::get<give_up>(wait_for_recovery(usual, a_delivery(1, 24h), failed, noon + 5min, noon));

    EXPECT_EQ(waits.due, noon + 5min);
    EXPECT_EQ(waits.tried_for, 2h + 5min);
    EXPECT_EQ(last.due, noon + 5min) << "not before the far side has had another chance";
    EXPECT_EQ(over.cause, delivery_cause::dns);
}

TEST(DeliveryPolicy, WhatWaitsIsLookedAtSixteenTimesButNotEveryMoment) {
    EXPECT_EQ(review_period({.give_up_after = 24h}), 90min);
    EXPECT_EQ(review_period({.give_up_after = 5min}), 1min);
    EXPECT_EQ(review_period({.give_up_after = 5s}), 5s);
}

}  // namespace
}  // namespace voicehook::core
