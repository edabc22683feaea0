#include "wire/provider_messages.hpp"

#include "wire/raw_json.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace voicehook::wire {
namespace {

constexpr auto noon = from_unix_ms(784111777000);  // Sun, 06 Nov 1994 08:49:37 GMT

core::provider_answer answer(int status, std::string_view body) {
    return read_answer(status, body, std::nullopt, noon);
}

TEST(ProviderAnswer, AnAcceptanceHasItsTask) {
    auto const read = answer(200, R"({"id":"task-unified-1","status":"pending","task_info":{"estimated_time":15}})");

    EXPECT_EQ(read.http_status, 200);
    ASSERT_TRUE(read.task);
    EXPECT_EQ(read.task->id.value(), "task-unified-1");
    EXPECT_EQ(read.task->estimated, 15s);
    EXPECT_EQ(read.error_json, "");
}

TEST(ProviderAnswer, AnAcceptanceNeedsOnlyAStringId) {
    auto const read = answer(200, R"({"id":"task-unified-1"})");

    ASSERT_TRUE(read.task);
    EXPECT_EQ(read.task->status, core::reported_status::other);
    for (auto const body : {"{}", R"({"id":7})", R"({"id":""})", R"({"status":"pending"})", "", "<html>", "[]"})
        EXPECT_FALSE(answer(200, body).task) << body;
}

TEST(ProviderAnswer, AnErrorStatusHasNoTaskWhateverItsBodySays) {
    for (auto const status : {199, 300, 302, 400, 409, 500, 503})
        EXPECT_FALSE(answer(status, R"({"id":"task-unified-1","status":"pending"})").task) << status;
}

TEST(ProviderAnswer, TheErrorObjectIsKeptByteForByte) {
    constexpr auto error = R"({ "code":"Insufficient_Quota","message":"x","type":"t", "n":1e400,"param":null })";

    auto const read = answer(402, std::string{R"({"error":)"} + error + "}");

    EXPECT_EQ(read.error_code, "insufficient_quota");
    EXPECT_EQ(read.error_type, "t");
    EXPECT_EQ(read.error_json, error);
}

TEST(ProviderAnswer, AnIntegerCodeIsText) {
    auto const read = answer(413, R"({"error":{"code":413,"message":"too large","type":"request_too_large_error"}})");

    EXPECT_EQ(read.error_code, "413");
    EXPECT_EQ(read.error_type, "request_too_large_error");
    EXPECT_EQ(read.error_json, R"({"code":413,"message":"too large","type":"request_too_large_error"})");
}

TEST(ProviderAnswer, TheOlderEnvelopeIsTranslated) {
    auto const read = answer(500, R"({"success":false,"code":"ServerBusy","msg":"try \"later\""})");

    EXPECT_EQ(read.error_code, "serverbusy");
    EXPECT_EQ(read.error_json, R"({"code":"ServerBusy","message":"try \"later\"","type":"server_error"})");
}

TEST(ProviderAnswer, TheOlderEnvelopeMayHaveAnIntegerCodeAndAnotherNameForItsMessage) {
    auto const read = answer(400, R"({"message":"no","success":false,"code":1001})");

    EXPECT_EQ(read.error_code, "1001");
    EXPECT_EQ(read.error_json, R"({"code":"1001","message":"no","type":"invalid_request_error"})");
}

TEST(ProviderAnswer, TheOauthEnvelopeIsTranslated) {
    auto const read = answer(401, R"({"error":"Invalid_Token","error_description":"expired"})");

    EXPECT_EQ(read.error_code, "invalid_token");
    EXPECT_EQ(read.error_json, R"({"code":"Invalid_Token","message":"expired","type":"invalid_request_error"})");
}

TEST(ProviderAnswer, ASuccessOrAnUnreadableBodyHasNoError) {
    for (auto const body : {"", "<html>502</html>", "{", "[]", "null", "{}", R"({"error":null})", R"({"error":""})",
                            R"({"error":[]})", R"({"success":true,"code":200,"message":""})", R"({"code":200})"}) {
        auto const read = answer(502, body);
        EXPECT_EQ(read.error_code, "") << body;
        EXPECT_EQ(read.error_json, "") << body;
    }
}

TEST(ProviderAnswer, AnErrorObjectMayLackEverything) {
    auto const read = answer(500, R"({"error":{}})");

    EXPECT_EQ(read.error_code, "");
    EXPECT_EQ(read.error_type, "");
    EXPECT_EQ(read.error_json, "{}");
}

TEST(ProviderAnswer, AQuotedKeyIsNotPassedOn) {
    auto const read =
        answer(400, R"({"error":{"code":"bad","message":"key sk-evo-Abc_123-xyz, also sk-evo-","param":"sk-evo-q"}})");

    EXPECT_EQ(read.error_json, R"({"code":"bad","message":"key sk-evo-***, also sk-evo-***","param":"sk-evo-***"})");
}

TEST(ProviderAnswer, AnOversizedErrorIsCutToItsWords) {
    auto const body = R"({"error":{"code":"big","message":")" + std::string(100'000, 'm') + R"(","type":"t"}})";

    auto const read = answer(400, body);

    EXPECT_EQ(read.error_code, "big");
    EXPECT_LT(read.error_json.size(), 4096U);
    EXPECT_TRUE(split_object(read.error_json)) << read.error_json;
}

TEST(ProviderAnswer, ALongCodeOrTypeStaysWithinBounds) {
    auto const body =
        R"({"error":{"code":")" + std::string(5000, 'C') + R"(","type":")" + std::string(5000, 'T') + "\"}}";

    auto const read = answer(400, body);

    EXPECT_LE(read.error_code.size(), 128U);
    EXPECT_LE(read.error_type.size(), 128U);
}

TEST(ProviderAnswer, TheWaitItAsksForIsRead) {
    EXPECT_EQ(read_answer(429, "", "7", noon).retry_after, 7s);
    EXPECT_EQ(read_answer(429, "{}", "soon", noon).retry_after, std::nullopt);
    EXPECT_EQ(answer(429, "{}").retry_after, std::nullopt);
}

TEST(RetryAfter, IsSecondsOrADate) {
    constexpr std::array<std::pair<std::string_view, std::optional<duration>>, 18> rows{{
        {"0", 0s},
        {"1", 1s},
        {" 120\t", 120s},
        {"007", 7s},
        {"86400", 24h},
        {"86401", 24h},
        {"99999999999999999999999999", 24h},
        {"Sun, 06 Nov 1994 08:50:07 GMT", 30s},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0s},
        {"Sun, 06 Nov 1994 08:49:36 GMT", 0s},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 24h},
        {"", std::nullopt},
        {" ", std::nullopt},
        {"-1", std::nullopt},
        {"+1", std::nullopt},
        {"1.5", std::nullopt},
        {"1s", std::nullopt},
        {"tomorrow", std::nullopt},
    }};

    for (auto const& [value, expected] : rows) EXPECT_EQ(read_retry_after(value, noon), expected) << value;
}

}  // namespace
}  // namespace voicehook::wire
