#include "core/lateness.hpp"

#include <gtest/gtest.h>

namespace voicehook::testing {
namespace {

constexpr auto noon = instant{1'775'131'200'000ms};

TEST(Lateness, WhatIsDueForMoreThanAMomentIsLateBySinceWhenItIsDue) {
    EXPECT_EQ(core::past_due(noon, noon + 10s + 1ms), 10s + 1ms);
    EXPECT_EQ(core::past_due(noon, noon + 1h), 1h);
}

TEST(Lateness, WhatIsJustDueOrNotYetOrNeverIsNotLate) {
    EXPECT_EQ(core::past_due(noon, noon + 10s), std::nullopt);
    EXPECT_EQ(core::past_due(noon, noon - 1h), std::nullopt);
    EXPECT_EQ(core::past_due(std::nullopt, noon), std::nullopt);
}

}  // namespace
}  // namespace voicehook::testing
