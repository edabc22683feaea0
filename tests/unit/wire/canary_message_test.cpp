#include "wire/canary_message.hpp"

#include "core/canary.hpp"

#include <gtest/gtest.h>

namespace voicehook::wire {
namespace {

auto const nonce = std::string{"0123456789abcdef0123456789abcdef"};

TEST(CanaryMessage, SaysItsNonceAndIsAnsweredWithItsProof) {
    EXPECT_EQ(canary_body(nonce),
              "{\"id\":\"" + std::string{core::canary_task} + "\",\"status\":\"canary\",\"nonce\":\"" + nonce + "\"}");
    EXPECT_EQ(canary_nonce(canary_body(nonce)), nonce);
    EXPECT_EQ(canary_answer("abc-_"), R"({"status":"canary","proof":"abc-_"})");
    EXPECT_EQ(canary_proof(canary_answer("abc-_")), "abc-_");
}

TEST(CanaryMessage, HasNoNonceThatIsNotThirtyTwoDigits) {
    for (auto const* const body :
         {"", "[]", "{}", "<html>", R"({"status":"canary"})", R"({"status":"canary","nonce":7})",
          R"({"status":"canary","nonce":"0123"})", R"({"status":"canary","nonce":"0123456789ABCDEF0123456789ABCDEF"})",
          R"({"status":"completed","nonce":"0123456789abcdef0123456789abcdef"})"})
        EXPECT_EQ(canary_nonce(body), std::nullopt) << body;
}

TEST(CanaryMessage, HasNoProofInSomebodyElsesAnswer) {
    for (auto const* const body : {"", "<html>It works!</html>", R"({"status":"accepted"})",
                                   R"({"status":"ok","proof":"x"})", R"({"status":"canary","proof":true})"})
        EXPECT_EQ(canary_proof(body), std::nullopt) << body;
}

}  // namespace
}  // namespace voicehook::wire
