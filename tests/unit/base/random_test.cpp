#include "base/random.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace voicehook {
namespace {

TEST(Random, BytesComeInTheWantedNumberAndDiffer) {
    EXPECT_EQ(random_bytes(0), "");
    EXPECT_EQ(random_bytes(1000).size(), 1000U);
    EXPECT_NE(random_bytes(32), random_bytes(32));
    EXPECT_NE(random_entropy(), random_entropy());
}

TEST(Random, NoEntropyIsGivenOutTwice) {
    auto seen = std::set<uuid_entropy>{};

    for (auto times = 0; times < 1000; ++times) seen.insert(random_entropy());

    EXPECT_EQ(seen.size(), 1000U);
}

TEST(Random, UnitsFillTheRangeFromZeroToOne) {
    auto tenths = std::set<int>{};

    for (auto round = 0; round < 1000; ++round) {
        auto const unit = random_unit();
        ASSERT_GE(unit, 0.0);
        ASSERT_LT(unit, 1.0);
        tenths.insert(static_cast<int>(unit * 10));
    }

    EXPECT_EQ(tenths.size(), 10U);
}

}  // namespace
}  // namespace voicehook
