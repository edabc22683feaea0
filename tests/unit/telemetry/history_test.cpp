#include "telemetry/history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace voicehook::telemetry {
namespace {

constexpr auto noon = instant{1'775'131'200'000ms};
constexpr auto bounds = std::to_array<double>({1, 2});

reading at(instant moment, double submissions) {
    reading out{.at = moment, .submissions = submissions};
    out.ack = {bounds, {0, 0, 0}};
    out.delivery_lag = {bounds, {0, 0, 0}};
    return out;
}

std::optional<double> latest(track::excerpt const& found, series what) { return found.samples.back()[index_of(what)]; }

std::size_t gaps(track::excerpt const& found, series what) {
    return static_cast<std::size_t>(
        std::ranges::count_if(found.samples, [what](sample const& each) { return !each[index_of(what)]; }));
}

TEST(History, ARateIsWhatWasCountedOverTheTimeItTook) {
    track item{10s, 6};

    item.take(at(noon, 100));
    item.take(at(noon + 10s, 150));

    auto const found = item.read(noon + 10s);
    EXPECT_EQ(found.until, noon + 10s);
    EXPECT_EQ(found.samples.size(), 6u);
    EXPECT_EQ(latest(found, series::submissions_per_second), 5);
    EXPECT_EQ(gaps(found, series::submissions_per_second), 5u);
}

TEST(History, NothingIsKnownBeforeTheSecondReading) {
    track item{10s, 6};

    item.take(at(noon, 100));

    EXPECT_EQ(gaps(item.read(noon), series::submissions_per_second), 6u);
    EXPECT_EQ(gaps(item.read(noon), series::parked), 6u);
}

TEST(History, AStartInTheMiddleOfAnIntervalIsMeasuredFromThere) {
    track item{10s, 6};

    item.take(at(noon + 6s, 0));
    item.take(at(noon + 10s, 8));

    EXPECT_EQ(latest(item.read(noon + 10s), series::submissions_per_second), 2);
}

TEST(History, IntervalsWithoutAReadingAreGapsAndTheNextRateCoversTheWholeTime) {
    track item{10s, 6};
    item.take(at(noon, 0));
    item.take(at(noon + 10s, 10));

    item.take(at(noon + 40s, 70));

    auto const found = item.read(noon + 40s);
    auto const rate = index_of(series::submissions_per_second);
    EXPECT_EQ(found.samples[5][rate], 2);
    EXPECT_EQ(found.samples[4][rate], std::nullopt);
    EXPECT_EQ(found.samples[3][rate], std::nullopt);
    EXPECT_EQ(found.samples[2][rate], 1);
}

TEST(History, AReadingThatIsLateIsWaitedForAndThenIsAGap) {
    track item{10s, 6};
    item.take(at(noon, 0));
    item.take(at(noon + 10s, 10));

    EXPECT_EQ(item.read(noon + 20s).until, noon + 10s);
    EXPECT_EQ(latest(item.read(noon + 20s), series::submissions_per_second), 1);
    EXPECT_EQ(item.read(noon + 45s).until, noon + 30s);
    EXPECT_EQ(latest(item.read(noon + 45s), series::submissions_per_second), std::nullopt);
}

TEST(History, WhatIsOlderThanTheRingIsForgotten) {
    track item{10s, 3};
    for (int step = 0; step <= 10; ++step) item.take(at(noon + step * 10s, step * step));

    auto const found = item.read(noon + 100s);

    ASSERT_EQ(found.samples.size(), 3u);
    EXPECT_EQ(found.samples[0][index_of(series::submissions_per_second)], 1.5);
    EXPECT_EQ(latest(found, series::submissions_per_second), 1.9);
    EXPECT_EQ(gaps(item.read(noon + 24h), series::submissions_per_second), 3u);
}

TEST(History, OfALevelTheHighestOfTheIntervalIsKept) {
    track item{5min, 4};
    auto const level = [](instant moment, std::optional<double> parked) {
        auto out = at(moment, 0);
        out.parked = parked;
        return out;
    };

    for (auto const& [after, parked] : std::initializer_list<std::pair<duration, double>>{
             {0s, 1}, {10s, 7}, {20s, std::nan("")}, {290s, 2}, {300s, 3}, {310s, 4}, {600s, 0}})
        item.take(level(noon + after, std::isnan(parked) ? std::nullopt : std::optional{parked}));

    auto const found = item.read(noon + 600s);
    EXPECT_EQ(found.samples[2][index_of(series::parked)], 7);
    EXPECT_EQ(found.samples[3][index_of(series::parked)], 4);
}

TEST(History, ALevelThatWasNeverToldIsAGapAndARateIsThereAllTheSame) {
    track item{10s, 3};

    item.take(at(noon, 0));
    item.take(at(noon + 10s, 0));

    auto const found = item.read(noon + 10s);
    EXPECT_EQ(latest(found, series::parked), std::nullopt);
    EXPECT_EQ(latest(found, series::submissions_per_second), 0);
    EXPECT_EQ(latest(found, series::ack_p99_seconds), std::nullopt);
}

TEST(History, QuantilesAreThoseOfTheInterval) {
    track item{10s, 3};
    auto later = at(noon + 10s, 0);
    later.ack.counts = {0, 10, 0};

    item.take(at(noon, 0));
    item.take(later);

    EXPECT_EQ(latest(item.read(noon + 10s), series::ack_p50_seconds), 1.5);
    EXPECT_EQ(latest(item.read(noon + 10s), series::delivery_lag_p50_seconds), std::nullopt);
}

TEST(History, EverySeriesHasANameAndAPlace) {
    EXPECT_EQ(names_of<series>.size(), series_count);
    for (auto const& [what, name] : names_of<series>) EXPECT_LT(index_of(what), series_count) << name;
}

TEST(History, AnHourAndADayAreKeptSideBySide) {
    history item;
    for (int step = 0; step <= 60; ++step) item.take(at(noon + step * 10s, step * 10));

    auto const hour = item.read(history_window::hour, noon + 600s);
    auto const day = item.read(history_window::day, noon + 600s);

    EXPECT_EQ(hour.step, 10s);
    EXPECT_EQ(hour.samples.size(), 360u);
    EXPECT_EQ(360 - gaps(hour, series::submissions_per_second), 60u);
    EXPECT_EQ(day.step, 5min);
    EXPECT_EQ(day.samples.size(), 288u);
    EXPECT_EQ(288 - gaps(day, series::submissions_per_second), 2u);
    EXPECT_EQ(latest(day, series::submissions_per_second), 1);
}

}  // namespace
}  // namespace voicehook::telemetry
