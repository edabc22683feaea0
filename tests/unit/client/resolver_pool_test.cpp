#include "tests/unit/client/client_fixture.hpp"

#include <atomic>
#include <future>
#include <memory>

namespace voicehook::testing {
namespace {

using endpoints = result<std::vector<asio::ip::tcp::endpoint>>;

class ResolverPool : public client_test {
protected:
    endpoints resolve(async::resolver_pool& pool, std::string host, duration span = 5s) {
        return run(pool.resolve(std::move(host), 443, deadline::in(span)));
    }
};

/// Look-ups that end when the test says so. The pool's threads own it too: they outlive the pool, and the test.
struct held_lookup : std::enable_shared_from_this<held_lookup> {
    std::promise<void> release;
    std::shared_future<void> released{release.get_future()};
    std::promise<void> ended;
    std::atomic<int> calls{0};

    async::lookup_function function() {
        return [self = shared_from_this()](std::string const& host) -> result<std::vector<asio::ip::address>> {
            ++self->calls;
            if (host.starts_with("stuck")) self->released.wait();
            return std::vector{asio::ip::make_address("192.0.2.1")};
        };
    }
};

TEST_F(ResolverPool, TakesLiteralAddressesAsTheyAre) {
    auto pool = async::resolver_pool{1, 4, [](std::string const&) { return result<std::vector<asio::ip::address>>{}; }};

    auto const four = resolve(pool, "192.0.2.7");
    auto const six = resolve(pool, "2001:db8::1");

    ASSERT_TRUE(four && six);
    EXPECT_EQ(four->at(0), (asio::ip::tcp::endpoint{asio::ip::make_address("192.0.2.7"), 443}));
    EXPECT_EQ(six->at(0), (asio::ip::tcp::endpoint{asio::ip::make_address("2001:db8::1"), 443}));
}

TEST_F(ResolverPool, AsksTheSystemByDefault) {
    auto pool = async::resolver_pool{1};

    auto const found = resolve(pool, "localhost");
    auto const odd = resolve(pool, "127.1");
    auto const absent = resolve(pool, "name.invalid");

    ASSERT_TRUE(found.has_value());
    EXPECT_TRUE(found->at(0).address().is_loopback());
    ASSERT_TRUE(odd.has_value());
    EXPECT_EQ(odd->at(0).address(), asio::ip::make_address("127.0.0.1"));
    ASSERT_FALSE(absent.has_value());
    EXPECT_EQ(absent.error().code, errc::dns);
}

TEST_F(ResolverPool, RemembersAFailureInsteadOfAskingAgainAtOnce) {
    auto calls = std::atomic<int>{0};
    auto pool = async::resolver_pool{1, 4, [&](std::string const&) -> result<std::vector<asio::ip::address>> {
                                         ++calls;
                                         return fail(errc::dns, "resolve nothing");
                                     }};

    for (auto count = 0; count < 3; ++count) EXPECT_EQ(resolve(pool, "absent.test").error().code, errc::dns);

    EXPECT_EQ(calls, 1);
}

TEST_F(ResolverPool, CallsANameWithoutAddressesAFailure) {
    auto pool = async::resolver_pool{1, 4, [](std::string const&) { return result<std::vector<asio::ip::address>>{}; }};

    EXPECT_EQ(resolve(pool, "empty.test").error().code, errc::dns);
}

TEST_F(ResolverPool, GivesUpAtTheDeadlineWhileOtherNamesGoOn) {
    auto const held = std::make_shared<held_lookup>();
    auto pool = async::resolver_pool{2, 4, held->function()};

    auto const stuck = resolve(pool, "stuck.test", 30ms);
    auto const again = resolve(pool, "stuck.test", 30ms);
    auto const fine = resolve(pool, "fine.test");
    held->release.set_value();

    EXPECT_EQ(stuck.error().code, errc::timeout);
    EXPECT_EQ(again.error().code, errc::timeout);
    EXPECT_TRUE(fine.has_value());
    EXPECT_EQ(held->calls, 2) << "one stuck name took two threads";
}

TEST_F(ResolverPool, RefusesAtOnceWhenEveryThreadIsStuckAndTheQueueIsFull) {
    auto const held = std::make_shared<held_lookup>();
    auto pool = async::resolver_pool{1, 1, held->function()};
    EXPECT_EQ(resolve(pool, "stuck-1.test", 30ms).error().code, errc::timeout);
    EXPECT_EQ(resolve(pool, "stuck-2.test", 30ms).error().code, errc::timeout);

    auto const refused = resolve(pool, "stuck-3.test");
    held->release.set_value();

    EXPECT_EQ(refused.error().code, errc::dns);
}

TEST_F(ResolverPool, DoesNotWaitForStuckLookUpsWhenItEnds) {
    auto const held = std::make_shared<held_lookup>();
    auto const lookup = [held, inner = held->function()](std::string const& host) {
        auto found = inner(host);
        held->ended.set_value();
        return found;
    };
    {
        auto pool = async::resolver_pool{1, 4, lookup};
        EXPECT_EQ(resolve(pool, "stuck.test", 30ms).error().code, errc::timeout);
    }

    held->release.set_value();
    held->ended.get_future().wait();
}

}  // namespace
}  // namespace voicehook::testing
