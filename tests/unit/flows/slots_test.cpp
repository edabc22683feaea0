#include "manual_clock.hpp"

#include "flows/slots.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace voicehook::flows {
namespace {

class Slots : public testing::Test {
protected:
    awaitable<void> count_ring() {
        co_await bell.wait_due();
        ++rings;
    }
    void listen() {
        asio::co_spawn(io, count_ring(), asio::detached);
        clock.advance_to(clock.now());
    }
    void settle() { clock.advance_to(clock.now()); }

    asio::io_context io{1};
    test::manual_clock clock{io, instant{1'775'131'200'000ms}};
    due_bell bell{clock};
    slots places{2, bell};
    int rings{};
};

TEST_F(Slots, ThereAreAsManyAsAskedForAndTheyComeBack) {
    {
        auto const first = places.take();
        auto const second = places.take();
        auto const third = places.take();

        EXPECT_TRUE(first && second);
        EXPECT_FALSE(third);
        EXPECT_EQ(places.taken(), 2u);
    }
    EXPECT_EQ(places.taken(), 0u);
}

TEST_F(Slots, WhoeverFoundNoRoomIsWokenByTheFirstPlaceThatComesBack) {
    listen();
    auto held = std::make_unique<slots::slot>(places.take());
    auto const other = places.take();
    EXPECT_TRUE(places.take_up_to(5).empty());
    settle();
    EXPECT_EQ(rings, 0);

    held.reset();
    settle();

    EXPECT_EQ(rings, 1);
}

TEST_F(Slots, PlacesThatWereNotNeededWakeNobody) {
    listen();
    auto const held = places.take();

    EXPECT_EQ(places.take_up_to(5).size(), 1u);
    settle();

    EXPECT_EQ(rings, 0);
}

TEST_F(Slots, AMovedPlaceCountsOnce) {
    auto first = places.take();
    auto const second = std::move(first);

    EXPECT_EQ(places.taken(), 1u);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): a moved-from slot is empty
}

TEST_F(Slots, AHigherLimitWakesWhoeverFoundNoRoom) {
    listen();
    auto const held = places.take_up_to(2);
    EXPECT_FALSE(places.take());

    places.limit(3);
    settle();

    EXPECT_EQ(rings, 1);
    EXPECT_TRUE(places.take());
}

TEST_F(Slots, ALowerLimitTakesNobodysPlaceAndGivesNoneUntilThereIsRoom) {
    listen();
    auto held = places.take_up_to(2);

    places.limit(1);
    EXPECT_EQ(places.taken(), 2u);
    EXPECT_FALSE(places.take());
    held.pop_back();
    EXPECT_FALSE(places.take());
    held.pop_back();
    settle();

    EXPECT_EQ(rings, 1);
    EXPECT_TRUE(places.take());
}

TEST(Share, IsTheWholeDividedRoundedUpAndNeverNothing) {
    EXPECT_EQ(share_of(64, 0), 64u);
    EXPECT_EQ(share_of(64, 1), 64u);
    EXPECT_EQ(share_of(64, 2), 32u);
    EXPECT_EQ(share_of(64, 3), 22u);
    EXPECT_EQ(share_of(1, 5), 1u);
}

}  // namespace
}  // namespace voicehook::flows
