#include "telemetry/quantile.hpp"

#include <gtest/gtest.h>

#include <array>

namespace voicehook::telemetry {
namespace {

constexpr auto bounds = std::to_array<double>({1, 2, 4});

bucket_counts counted_as(std::vector<std::uint64_t> counts) { return {bounds, std::move(counts)}; }

TEST(Quantile, NothingObservedHasNoQuantile) {
    auto const same = counted_as({5, 3, 0, 1});

    EXPECT_EQ(quantile(same, same, 0.5), std::nullopt);
    EXPECT_EQ(quantile({}, {}, 0.5), std::nullopt);
}

TEST(Quantile, InsideABucketObservationsAreEvenlySpread) {
    auto const none = counted_as({0, 0, 0, 0});

    EXPECT_EQ(quantile(none, counted_as({4, 0, 0, 0}), 0.5), 0.5);
    EXPECT_EQ(quantile(none, counted_as({0, 0, 10, 0}), 0.25), 2.5);
    EXPECT_EQ(quantile(none, counted_as({5, 5, 0, 0}), 0.9), 1.8);
}

TEST(Quantile, OnlyWhatCameInBetweenCounts) {
    auto const before = counted_as({1000, 0, 0, 0});

    EXPECT_EQ(quantile(before, counted_as({1000, 0, 4, 0}), 0.5), 3);
}

TEST(Quantile, OfTheTopBucketOnlyItsLowerBoundIsKnown) {
    auto const none = counted_as({0, 0, 0, 0});

    EXPECT_EQ(quantile(none, counted_as({0, 0, 0, 3}), 0.5), 4);
    EXPECT_EQ(quantile(none, counted_as({98, 0, 0, 2}), 0.99), 4);
    EXPECT_EQ(quantile(none, counted_as({1, 0, 0, 0}), 1), 1);
}

TEST(Quantile, EmptyBucketsAtTheEdgeOfTheRankAreSteppedOver) {
    auto const none = counted_as({0, 0, 0, 0});

    EXPECT_EQ(quantile(none, counted_as({0, 0, 8, 0}), 0), 2);
    EXPECT_EQ(quantile(none, counted_as({2, 0, 2, 0}), 0.5), 1);
}

}  // namespace
}  // namespace voicehook::telemetry
