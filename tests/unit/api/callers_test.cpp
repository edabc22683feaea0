#include "api/callers.hpp"
#include "api/operators.hpp"
#include "wire/digest.hpp"

#include <gmock/gmock.h>

namespace voicehook::api {
namespace {

/// A clock that stands where it was put.
class still_clock final : public ports::clock {
public:
    instant now() const override { return at; }
    awaitable<void> sleep(duration) override { co_return; }
    std::unique_ptr<ports::alarm> make_alarm() override { return nullptr; }

    instant at{1'775'131'200'000ms};
};

caller_account account(std::string name, std::vector<std::string> const& keys, unsigned per_second = 2) {
    caller_account made{.name = caller_name{std::move(name)}, .key_sha256 = {}, .signing_key = secret{"s"}};
    for (auto const& key : keys) made.key_sha256.push_back(wire::sha256_hex(key));
    made.requests_per_second = per_second;
    return made;
}

http::request with_authorization(std::string value) {
    http::request item;
    item.headers.emplace_back("authorization", std::move(value));
    return item;
}

class Callers : public testing::Test {
protected:
    still_clock clock;
    callers known{clock, {account("ann", {"key-a", "key-a-new"}), account("bob", {"key-b"})}};
};

TEST_F(Callers, AKnownKeyNamesItsCallerAlsoDuringRotation) {
    auto old_key = with_authorization("Bearer key-a");
    auto new_key = with_authorization("bearer key-a-new");

    EXPECT_FALSE(known.check(old_key));
    EXPECT_FALSE(known.check(new_key));
    EXPECT_EQ(old_key.principal, "ann");
    EXPECT_EQ(new_key.principal, "ann");
}

TEST_F(Callers, AnythingElseIs401WithAChallenge) {
    for (auto const* const value : {"", "Bearer", "Bearer ", "Bearer key-c", "Basic key-a", "key-a", "Bearer key-a "}) {
        auto item = with_authorization(value);

        auto const refused = known.check(item);

        ASSERT_TRUE(refused) << value;
        EXPECT_EQ(refused->status, 401) << value;
        EXPECT_EQ(http::find_header(refused->headers, "WWW-Authenticate"), "Bearer") << value;
        EXPECT_EQ(item.principal, "") << value;
    }
}

TEST_F(Callers, OneCallersRateIs429AndLeavesTheOthersAlone) {
    auto ann = with_authorization("Bearer key-a");
    auto bob = with_authorization("Bearer key-b");
    EXPECT_FALSE(known.check(ann));
    EXPECT_FALSE(known.check(ann));

    auto const refused = known.check(ann);

    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 429);
    EXPECT_EQ(http::find_header(refused->headers, "Retry-After"), "1");
    EXPECT_FALSE(known.check(bob));
}

TEST_F(Callers, AReloadKeepsSpentQuotasAndForgetsRemovedCallers) {
    auto ann = with_authorization("Bearer key-a");
    auto bob = with_authorization("Bearer key-b");
    EXPECT_FALSE(known.check(ann));
    EXPECT_FALSE(known.check(ann));

    known.replace({account("ann", {"key-a"})});

    EXPECT_EQ(known.check(ann)->status, 429);
    EXPECT_EQ(known.check(bob)->status, 401);
    EXPECT_EQ(known.find(caller_name{"bob"}), nullptr);
    EXPECT_TRUE(known.signing_key(caller_name{"bob"}).empty());
}

TEST_F(Callers, AChangedRateAppliesAtOnce) {
    auto ann = with_authorization("Bearer key-a");
    EXPECT_FALSE(known.check(ann));
    EXPECT_FALSE(known.check(ann));

    known.replace({account("ann", {"key-a"}, 10)});

    EXPECT_FALSE(known.check(ann));
}

TEST(Operators, ATokenNamesItsHolderAndAnythingElseIs401) {
    operators const known{
        {{"ann", wire::sha256_hex("token-of-ann-0123")}, {"operator", wire::sha256_hex("shared-token-0123")}}};
    auto ann = with_authorization("Bearer token-of-ann-0123");
    auto nobody = with_authorization("Bearer wrong");
    http::request silent;

    EXPECT_FALSE(known.check(ann));
    EXPECT_EQ(ann.principal, "ann");
    EXPECT_EQ(known.check(nobody)->status, 401);
    EXPECT_EQ(known.check(silent)->status, 401);
}

}  // namespace
}  // namespace voicehook::api
