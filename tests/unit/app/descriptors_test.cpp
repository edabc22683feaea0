#include "app/descriptors.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

namespace voicehook::app {
namespace {

TEST(Descriptors, ThreeListenersLeaveTheReserve) {
    struct row {
        std::uint64_t limit;
        std::size_t wanted;
        std::size_t allowed;
    };
    auto const rows = std::vector<row>{{12'544, 4096, 4096}, {12'543, 4096, 4095}, {1024, 4096, 256},  {1024, 10, 10},
                                       {256, 4096, 1},       {0, 4096, 1},         {~0ULL, 4096, 4096}};
    for (auto const& row : rows)
        EXPECT_EQ(connections_within(row.limit, row.wanted), row.allowed) << row.limit << ", " << row.wanted;
}

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
    auto before = rlimit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    auto const low = rlimit{64, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);

    auto const raised = raise_descriptor_limit();

    auto after = rlimit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(raised, before.rlim_max);
    EXPECT_EQ(after.rlim_cur, before.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace voicehook::app
