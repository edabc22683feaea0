#include "base/failure.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace voicehook {
namespace {

TEST(Failure, EveryKindHasANameOfItsOwn) {
    auto names = std::set<std::string_view>{};
    auto const last = static_cast<int>(errc::stopping);

    for (auto value = 1; value <= last; ++value) names.insert(to_text(static_cast<errc>(value)));

    EXPECT_EQ(names.size(), static_cast<std::size_t>(last));
    EXPECT_FALSE(names.contains("?"));
    EXPECT_EQ(to_text(errc::store_unavailable), "store_unavailable");
}

TEST(Failure, TheCallersWordsComeBeforeTheCalleesAndTheKindStays) {
    auto const inner = failure{errc::dns, "resolve api.evolink.ai"};

    auto const outer = result<int>{fail(inner, "submit task-1")};

    ASSERT_FALSE(outer);
    EXPECT_EQ(outer.error().code, errc::dns);
    EXPECT_EQ(outer.error().doing, "submit task-1: resolve api.evolink.ai");
}

}  // namespace
}  // namespace voicehook
