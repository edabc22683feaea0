#include "wire/callback_token.hpp"

#include "base/encoding.hpp"
#include "wire/digest.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voicehook::wire {
namespace {

auto const task = task_id{"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
auto const other_task = task_id{"task-017f22e2-79b0-7cc3-98c4-dc0c0c073990"};
auto const first = callback_secret{"k1", secret{std::string(32, 'a')}};
auto const second = callback_secret{"k2", secret{std::string(32, 'b')}};

/// What the contract says of a token, written out once more.
std::string token_by_hand(task_id const& id, callback_secret const& with) {
    auto const mac = to_base64url(hmac_sha256(with.key.reveal(), "callback/v1:" + id.value()));
    return id.value() + "." + with.id + "." + mac;
}

TEST(CallbackToken, HasTheFormOfTheContract) {
    auto const tokens = callback_tokens{{first, second}};

    EXPECT_EQ(tokens.sign(task), token_by_hand(task, first));
}

TEST(CallbackToken, NamesTheTaskItWasMadeFor) {
    auto const tokens = callback_tokens{{first}};

    EXPECT_EQ(tokens.verify(tokens.sign(task)), task);
}

TEST(CallbackToken, OfARetiredSecretStillVerifies) {
    auto const before = callback_tokens{{first}};
    auto const after = callback_tokens{{second, first}};

    EXPECT_EQ(after.verify(before.sign(task)), task);
    EXPECT_EQ(before.verify(after.sign(task)), std::nullopt);
}

TEST(CallbackToken, IsThatOfItsOwnTaskAlsoAfterOthers) {
    auto const tokens = callback_tokens{{first, second}};
    static_cast<void>(tokens.verify(tokens.sign(other_task)));
    static_cast<void>(tokens.verify("forged.k2.token"));

    EXPECT_EQ(tokens.sign(task), token_by_hand(task, first));
    EXPECT_EQ(tokens.verify(token_by_hand(task, second)), task);
    EXPECT_EQ(tokens.verify(token_by_hand(other_task, first)), other_task);
}

TEST(CallbackToken, EveryOneOfItsCharactersCounts) {
    auto const tokens = callback_tokens{{first, second}};
    auto const good = tokens.sign(task);

    for (std::size_t at = 0; at < good.size(); ++at) {
        auto forged = good;
        forged[at] = forged[at] == 'A' ? 'B' : 'A';
        EXPECT_EQ(tokens.verify(forged), std::nullopt) << "character " << at;
    }
}

TEST(CallbackToken, EveryTruncationAndExtensionIsRefused) {
    auto const tokens = callback_tokens{{first}};
    auto const good = tokens.sign(task);

    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_EQ(tokens.verify(good.substr(0, length)), std::nullopt) << length;
    for (auto const tail : {"A", "=", ".", "/", "%00", " "})
        EXPECT_EQ(tokens.verify(good + tail), std::nullopt) << tail;
    for (auto const head : {"A", ".", "/"}) EXPECT_EQ(tokens.verify(head + good), std::nullopt) << head;
}

TEST(CallbackToken, OfAnotherTaskDoesNotServeThisOne) {
    auto const tokens = callback_tokens{{first}};
    auto const mac = tokens.sign(other_task).substr(other_task.value().size());

    EXPECT_EQ(tokens.verify(task.value() + mac), std::nullopt);
}

TEST(CallbackToken, AKnownMacUnderAnotherSecretsNameIsRefused) {
    auto const tokens = callback_tokens{{first, second}};
    auto const mac = tokens.sign(task).substr(task.value().size() + 1 + first.id.size());

    EXPECT_EQ(tokens.verify(task.value() + ".k2" + mac), std::nullopt);
    EXPECT_EQ(tokens.verify(task.value() + ".k3" + mac), std::nullopt);
    EXPECT_EQ(tokens.verify(task.value() + "." + mac), std::nullopt);
}

TEST(CallbackToken, ExtraAndMissingDotsAreRefused) {
    auto const tokens = callback_tokens{{first}};
    auto const mac = tokens.sign(task).substr(task.value().size() + 4);

    for (auto const& forged : {task.value() + "..k1." + mac, task.value() + ".k1.." + mac,
                               task.value() + ".k1." + mac + ".", "." + task.value() + ".k1." + mac,
                               task.value() + "k1" + mac, std::string{".."}, std::string{"."}, std::string{}})
        EXPECT_EQ(tokens.verify(forged), std::nullopt) << forged;
}

TEST(CallbackToken, IsComparedAsTextSoThatOneTaskHasOneToken) {
    auto const tokens = callback_tokens{{first}};
    auto good = tokens.sign(task);
    // The last of 43 characters carries four bits; its two spare bits would decode to the same bytes.
    auto& last = good.back();
    auto const alphabet = std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};

    last = alphabet[alphabet.find(last) ^ 1U];

    EXPECT_EQ(tokens.verify(good), std::nullopt);
}

TEST(CallbackToken, AnUnreasonablyLongTaskIsRefusedHoweverWellSigned) {
    auto const tokens = callback_tokens{{first}};

    EXPECT_EQ(tokens.verify(tokens.sign(task_id{std::string(129, 'x')})), std::nullopt);
}

TEST(CallbackToken, DoesNotLeaveInTextThatQuotesOurUrl) {
    EXPECT_EQ(without_callback_tokens(
                  "no callback at https://h/callbacks/v1/task-1.k1.abc_-DEF, nor \\/callbacks\\/v1\\/x.y.z\""),
              "no callback at https://h/callbacks/v1/***, nor \\/callbacks\\/v1\\/***\"");
    EXPECT_EQ(without_callback_tokens("/callbacks/v1/"), "/callbacks/v1/***");
    EXPECT_EQ(without_callback_tokens("nothing here"), "nothing here");
}

TEST(CallbackTokens, ProveANonceToWhoKnowsOneOfTheSecrets) {
    auto const old_process = callback_tokens{{first}};
    auto const rotated = callback_tokens{{second, first}};
    auto const nonce = std::string(32, '7');

    EXPECT_EQ(old_process.prove(nonce), to_base64url(hmac_sha256(first.key.reveal(), "canary/v1:" + nonce)));
    EXPECT_TRUE(old_process.proves(nonce, old_process.prove(nonce)));
    EXPECT_TRUE(rotated.proves(nonce, old_process.prove(nonce)));
    EXPECT_FALSE(old_process.proves(nonce, rotated.prove(nonce))) << "it does not know the new secret";
}

TEST(CallbackTokens, AProofIsOfItsNonceAndIsNoToken) {
    auto const tokens = callback_tokens{{first}};
    auto const proof = tokens.prove(std::string(32, '7'));

    EXPECT_FALSE(tokens.proves(std::string(32, '8'), proof));
    EXPECT_FALSE(tokens.proves(std::string(32, '7'), ""));
    EXPECT_FALSE(tokens.proves(std::string(32, '7'), proof + "A"));
    EXPECT_EQ(tokens.verify(task.value() + ".k1." + tokens.prove(task.value())), std::nullopt);
}

}  // namespace
}  // namespace voicehook::wire
