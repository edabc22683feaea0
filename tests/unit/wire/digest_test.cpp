#include "wire/digest.hpp"

#include "base/encoding.hpp"
#include "wire/webhook_signature.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voicehook::wire {
namespace {

TEST(Digest, Sha256FollowsTheExamplesOfTheStandard) {
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc").size(), 32U);
}

TEST(Digest, HmacFollowsTheVectorsOfRfc4231) {
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, AnEmptyKeyIsAKey) {
    EXPECT_EQ(to_hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    EXPECT_EQ(hmac_sha256(std::string_view{}, ""), hmac_sha256(std::string{}, ""));
}

TEST(Digest, AKeyServesManyMessages) {
    for (auto const& bytes : {std::string{}, std::string(20, '\x0b'), std::string(64, 'k'), std::string(131, '\xaa')}) {
        auto const key = hmac_key{bytes};

        for (auto const message : {"Hi There", "", "another", "Hi There"})
            EXPECT_EQ(to_hex(key.mac(message)), to_hex(hmac_sha256(bytes, message))) << bytes.size() << message;
    }
}

TEST(Digest, TheSameMessageTwiceUnderOneKeyFollowsTheVectorTwice) {
    auto const key = hmac_key{"Jefe"};

    for (auto times = 0; times < 2; ++times)
        EXPECT_EQ(to_hex(key.mac("what do ya want for nothing?")),
                  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(WebhookSignature, IsThatOfTheStandardWebhooksExample) {
    auto const key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    ASSERT_TRUE(key);

    auto const signature = sign_webhook(*key, delivery_id{"msg_p5jXN8AQM9LWM0D4loKWxJek"}, from_unix_ms(1614265330'000),
                                        R"({"test": 2432232314})");

    EXPECT_EQ(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, CoversIdSecondAndBodyButNotTheMillisecond) {
    auto const key = secret{"0123456789abcdef01234567"};
    auto const id = delivery_id{"msg_1"};
    auto const at = from_unix_ms(1614265330'000);
    auto const before = sign_webhook(key, id, at, "{}");

    EXPECT_EQ(sign_webhook(key, id, at + 999ms, "{}"), before);
    EXPECT_NE(sign_webhook(key, id, at + 1000ms, "{}"), before);
    EXPECT_NE(sign_webhook(key, delivery_id{"msg_2"}, at, "{}"), before);
    EXPECT_NE(sign_webhook(key, id, at, "{} "), before);
    EXPECT_NE(sign_webhook(secret{"0123456789abcdef01234568"}, id, at, "{}"), before);
}

TEST(WebhookKey, IsTwentyFourToSixtyFourBytesWithItsPrefix) {
    EXPECT_TRUE(webhook_key("whsec_" + to_base64(std::string(24, 'k'))));
    EXPECT_TRUE(webhook_key("whsec_" + to_base64(std::string(64, 'k'))));
    EXPECT_FALSE(webhook_key("whsec_" + to_base64(std::string(23, 'k'))));
    EXPECT_FALSE(webhook_key("whsec_" + to_base64(std::string(65, 'k'))));
    EXPECT_FALSE(webhook_key(to_base64(std::string(24, 'k'))));
    EXPECT_FALSE(webhook_key("whsec_"));
    EXPECT_FALSE(webhook_key("whsec_not base64 at all, but long enough"));
}

TEST(Sha256Stream, GivesTheDigestOfTheWholeHoweverItIsCut) {
    auto const whole = std::string(100'000, 'x') + '\0' + "end";
    for (std::size_t piece : {1u, 63u, 64u, 4096u, 200'000u}) {
        auto stream = sha256_stream{};
        for (std::size_t at = 0; at < whole.size(); at += piece) stream.add(std::string_view{whole}.substr(at, piece));
        EXPECT_EQ(stream.finish_hex(), sha256_hex(whole)) << piece;
    }
}

TEST(WebhookKey, NeedsNoPadding) {
    auto const bytes = std::string(25, 'k');
    auto const padded = to_base64(bytes);

    auto const key = webhook_key("whsec_" + padded.substr(0, padded.find('=')));

    ASSERT_TRUE(key);
    EXPECT_EQ(key->reveal(), bytes);
}

}  // namespace
}  // namespace voicehook::wire
