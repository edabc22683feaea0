// What the account has left: asked now and then, never mistaken for nothing.
#include "bench.hpp"

#include "flows/credits.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <regex>

namespace voicehook::test {
namespace {

class Credits : public testing::Test {
protected:
    ~Credits() override { stop(); }

    void stop() {
        if (!credits) return;
        credits->stop();
        world.advance(0ms);
    }
    void start(duration every) {
        credits = std::make_unique<flows::credits>(world.io.get_executor(), world.provider, world.clock, world.metrics,
                                                   flows::credits_settings{.every = every});
        world.provider.on_credits = [this] {
            asked_at.push_back(world.clock.now());
            return answer;
        };
        credits->start();
        world.advance(0ms);
    }
    /// The gauge's value as it is written.
    std::string gauge() {
        auto const text = world.metrics.render();
        std::smatch found;
        auto const line = std::regex{"\nvoicehook_provider_credits_remaining (\\S+)\n"};
        return std::regex_search(text, found, line) ? found[1].str() : "(absent)";
    }
    void has_left(double count) { answer = ports::provider_credits{.token_remaining = {}, .user_remaining = count}; }

    bench world;
    std::unique_ptr<flows::credits> credits;
    result<ports::provider_credits> answer{ports::provider_credits{.token_remaining = 98, .user_remaining = 500}};
    std::vector<instant> asked_at;
};

TEST_F(Credits, AreAskedForAtTheStartAndThenAtTheInterval) {
    start(5min);
    has_left(90);
    auto const first = gauge();

    world.advance(55min);

    EXPECT_EQ(first, "98") << "the least of what limits";
    EXPECT_EQ(gauge(), "90");
    EXPECT_GE(asked_at.size(), 11u);
    EXPECT_LE(asked_at.size(), 13u);
    ASSERT_TRUE(credits->last());
    EXPECT_EQ(credits->last()->at, asked_at.back());
}

TEST_F(Credits, AreNotANumberWhileUnknownAndInfiniteWithoutALimit) {
    answer = fail(errc::refused, "connect");
    start(5min);
    auto const unknown = gauge();
    answer = ports::provider_credits{.token_remaining = 0, .user_remaining = {}, .token_unlimited = true};

    world.advance(1min);

    EXPECT_TRUE(std::isnan(std::stod(unknown))) << unknown;
    EXPECT_EQ(gauge(), "+Inf");
    EXPECT_EQ(credits->last()->remaining, std::numeric_limits<double>::infinity());
}

TEST_F(Credits, AreAskedForSoonAfterAFailureThenEverMoreSlowly) {
    answer = fail(errc::timeout, "ask");
    start(5min);

    world.advance(4h);

    ASSERT_GE(asked_at.size(), 8u);
    EXPECT_LE(asked_at.size(), 12u);
    EXPECT_LE(asked_at[1] - asked_at[0], 33s);
    for (std::size_t at = 2; at < 7; ++at)
        EXPECT_GT(asked_at[at] - asked_at[at - 1], (asked_at[at - 1] - asked_at[at - 2]) * 3 / 2) << at;
    EXPECT_GE(asked_at.back() - asked_at[asked_at.size() - 2], 54min);
}

TEST_F(Credits, StayKnownThroughAShortOutageAndAreForgottenInALongOne) {
    start(5min);
    answer = fail(errc::timeout, "ask");
    world.advance(8min);
    auto const soon = gauge();

    world.advance(40min);
    auto const later = gauge();
    auto const forgotten = !credits->last();
    has_left(7);
    world.advance(1h);

    EXPECT_EQ(soon, "98");
    EXPECT_TRUE(std::isnan(std::stod(later))) << later;
    EXPECT_TRUE(forgotten);
    EXPECT_EQ(gauge(), "7");
}

TEST_F(Credits, AreUnknownWhenTheAnswerDoesNotTell) {
    answer = ports::provider_credits{};
    start(5min);

    EXPECT_TRUE(std::isnan(std::stod(gauge())));
    EXPECT_FALSE(credits->last());
}

TEST_F(Credits, AreAskedForLessOftenByEachOfSeveralReplicas) {
    start(5min);
    credits->share_among(3);

    world.advance(2h);

    EXPECT_GE(asked_at.size(), 8u);
    EXPECT_LE(asked_at.size(), 11u);
}

TEST_F(Credits, AreNeverAskedForWhenSwitchedOff) {
    start(0s);

    world.advance(24h);

    EXPECT_TRUE(asked_at.empty());
    EXPECT_TRUE(std::isnan(std::stod(gauge())));
}

TEST_F(Credits, DoNotKeepTheServiceFromStopping) {
    start(5min);
    auto const before = asked_at.size();

    stop();
    world.advance(1h);

    EXPECT_EQ(asked_at.size(), before);
}

}  // namespace
}  // namespace voicehook::test
