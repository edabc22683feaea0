#include "core/breaker.hpp"

#include <gtest/gtest.h>

namespace voicehook::core {
namespace {

constexpr instant noon = instant{std::chrono::sys_days{std::chrono::year{2026} / 4 / 2}} + 12h;
constexpr breaker_policy after_three{.opens_after = 3, .first_wait = 4s, .longest_wait = 30s};

breaker opened_at(instant when) {
    auto item = breaker{after_three};
    for (int failure = 0; failure < 3; ++failure) item.report(far_side::ill, when, 0);
    return item;
}

TEST(Breaker, StaysClosedWhileNotEnoughAttemptsFailInARow) {
    auto item = breaker{after_three};

    for (int round = 0; round < 10; ++round) {
        item.report(far_side::ill, noon, 0);
        item.report(far_side::ill, noon, 0);
        item.report(far_side::well, noon, 0);
    }

    EXPECT_EQ(item.state(noon), breaker_state::closed);
    EXPECT_EQ(item.admits(64, noon), 64u);
    EXPECT_EQ(item.next_probe(), std::nullopt);
}

TEST(Breaker, OpensForAWhileAndThenAdmitsOneProbe) {
    auto item = opened_at(noon);

    EXPECT_EQ(item.state(noon), breaker_state::open);
    EXPECT_EQ(item.admits(64, noon + 3999ms), 0u);
    EXPECT_EQ(item.next_probe(), noon + 4s);
    EXPECT_EQ(item.admits(64, noon + 4s), 1u);

    item.begin(noon + 4s);

    EXPECT_EQ(item.state(noon + 4s), breaker_state::half_open);
    EXPECT_EQ(item.admits(64, noon + 5s), 0u);
    EXPECT_EQ(item.next_probe(), std::nullopt);
}

TEST(Breaker, AProbeThatGoesWellClosesItAndOneThatFailsDoublesTheWaitUpToTheLongest) {
    auto item = opened_at(noon);
    auto now = noon;
    for (auto const wait : {8s, 16s, 30s, 30s}) {
        now = *item.next_probe();
        item.begin(now);
        item.report(far_side::ill, now, 0);
        EXPECT_EQ(*item.next_probe(), now + wait);
    }

    now = *item.next_probe();
    item.begin(now);
    item.report(far_side::well, now, 0);

    EXPECT_EQ(item.state(now), breaker_state::closed);
    item.report(far_side::ill, now, 0);
    EXPECT_EQ(item.admits(64, now), 64u);
}

TEST(Breaker, WhatBeganBeforeItOpenedMayStillCloseItButNotKeepItOpen) {
    auto item = opened_at(noon);

    item.report(far_side::ill, noon + 1s, 0);
    EXPECT_EQ(item.next_probe(), noon + 4s);
    item.report(far_side::well, noon + 2s, 0);

    EXPECT_EQ(item.state(noon + 2s), breaker_state::closed);
}

TEST(Breaker, IsIllSinceItOpenedHoweverManyProbesFail) {
    auto item = opened_at(noon);
    EXPECT_EQ(item.ill_since(), noon);

    auto const now = *item.next_probe();
    item.begin(now);
    item.report(far_side::ill, now, 0);
    EXPECT_EQ(item.ill_since(), noon);

    item.report(far_side::well, now + 1s, 0);
    EXPECT_EQ(item.ill_since(), std::nullopt);
    item.trip(now + 2s, 0);
    EXPECT_EQ(item.ill_since(), now + 2s);
}

TEST(Breaker, SpreadsProbesOverTheLastQuarterOfTheWait) {
    auto item = breaker{after_three};

    item.trip(noon, 0.999999);

    EXPECT_GE(*item.next_probe(), noon + 3s);
    EXPECT_LT(*item.next_probe(), noon + 3100ms);
}

TEST(Breaker, TrippingItWhenItIsOpenChangesNothing) {
    auto item = opened_at(noon);

    item.trip(noon + 2s, 0);

    EXPECT_EQ(item.next_probe(), noon + 4s);
}

TEST(Breaker, OnlyWhatTheFarSideCannotHelpMakesItIll) {
    using hint = attempt_outcome::hint;
    struct {
        std::optional<delivery_cause> failed;
        hint then;
        far_side expected;
    } constexpr rows[] = {
        {std::nullopt, hint::none, far_side::well},
        {delivery_cause::timeout, hint::none, far_side::ill},
        {delivery_cause::refused, hint::none, far_side::ill},
        {delivery_cause::reset, hint::none, far_side::ill},
        {delivery_cause::dns, hint::none, far_side::ill},
        {delivery_cause::tls, hint::none, far_side::ill},
        {delivery_cause::status_5xx, hint::none, far_side::ill},
        {delivery_cause::protocol, hint::none, far_side::ill},
        {delivery_cause::io, hint::none, far_side::ill},
        {delivery_cause::unauthorized, hint::none, far_side::ill},
        {delivery_cause::unknown_target, hint::none, far_side::ill},
        {delivery_cause::unavailable, hint::none, far_side::ill},
        {delivery_cause::status_4xx, hint::retry, far_side::ill},
        {delivery_cause::status_4xx, hint::none, far_side::well},
        {delivery_cause::status_3xx, hint::none, far_side::well},
        {delivery_cause::gone, hint::pause_sink, far_side::well},
        {delivery_cause::too_large, hint::park, far_side::well},
        {delivery_cause::forbidden, hint::park, far_side::well},
        {delivery_cause::format, hint::park, far_side::well},
    };
    for (auto const& [failed, then, expected] : rows) {
        SCOPED_TRACE(failed ? to_text(*failed) : "delivered");
        EXPECT_EQ(health_of({.failed = failed, .answer = "", .retry_after = {}, .then = then}), expected);
    }
}

}  // namespace
}  // namespace voicehook::core
