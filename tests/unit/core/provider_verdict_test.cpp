#include "core/provider_verdict.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string_view>
#include <vector>

namespace voicehook::core {

void PrintTo(submission_verdict value, std::ostream* out) { *out << to_text(value); }

namespace {

using enum submission_verdict;

provider_answer an_error(int http_status, std::string code) {
    auto answer = provider_answer{};
    answer.http_status = http_status;
    answer.error_json = "{}";
    answer.error_code = std::move(code);
    return answer;
}

/// A body that is not JSON.
provider_answer a_page(int http_status) {
    auto answer = provider_answer{};
    answer.http_status = http_status;
    return answer;
}

provider_answer a_task(int http_status) {
    auto answer = a_page(http_status);
    answer.task = task_report{.id = provider_task_id{"task-unified-1"}, .status = reported_status::pending};
    return answer;
}

struct row {
    int http_status;
    std::string_view code;
    submission_verdict expected;
};

constexpr row known_codes[] = {
    {400, "invalid_request", refused},
    {400, "no_available_channel", retry_later},
    {500, "no_available_channel", retry_later},
    {503, "no_available_channel", retry_later},
    {401, "unauthorized", unauthorized},
    {401, "UNAUTHORIZED", unauthorized},
    {401, "key_disabled", unauthorized},
    {401, "Key_Expired", unauthorized},
    {403, "key_disabled", unauthorized},
    {402, "insufficient_quota", refused_quota},
    {402, "insufficient_user_quota", refused_quota},
    {402, "quota_not_enough", refused_quota},
    {402, "account_balance_insufficient", refused_quota},
    {402, "insufficient_token_quota", refused_quota},
    {402, "key_quota_exhausted", refused_quota},
    {402, "quota_exceeded", refused_quota},
    {400, "insufficient_quota", refused_quota},
    {403, "Insufficient_User_Quota", refused_quota},
    {429, "insufficient_quota", refused_quota},
    {403, "model_access_denied", refused},
    {403, "key_model_not_allowed", refused},
    {403, "permission_denied", refused},
    {401, "permission_denied", refused},
    {409, "idempotency_conflict", refused},
    {409, "paid_outcome_unknown", unknown},
    {400, "paid_outcome_unknown", unknown},
    {429, "paid_outcome_unknown", unknown},
    {413, "413", refused},
    {413, "request_too_large_error", refused},
    {429, "rate_limit_exceeded", retry_later},
    {400, "rate_limit_exceeded", retry_later},
    {429, "invalid_request", retry_later},
    {429, "whatever", retry_later},
    {500, "internal_error", unknown},
    {500, "invalid_request", unknown},
    {500, "insufficient_quota", unknown},
    {502, "unauthorized", unknown},
    {503, "rate_limit_exceeded", unknown},
};

TEST(ProviderVerdict, AKnownCodeDecides) {
    for (auto const& [status, code, expected] : known_codes) {
        EXPECT_EQ(judge(an_error(status, std::string{code})), expected) << status << " " << code;
    }
}

constexpr row unlisted_codes[] = {
    {400, "brand_new", refused},
    {401, "brand_new", unauthorized},
    {402, "brand_new", refused_quota},
    {403, "brand_new", refused},
    {404, "brand_new", refused},
    {405, "brand_new", refused},
    {406, "brand_new", refused},
    {408, "brand_new", unknown},
    {409, "brand_new", unknown},
    {410, "brand_new", refused},
    {411, "brand_new", refused},
    {413, "brand_new", refused},
    {414, "brand_new", refused},
    {415, "brand_new", refused},
    {417, "brand_new", refused},
    {418, "brand_new", unknown},
    {422, "brand_new", refused},
    {425, "brand_new", retry_later},
    {429, "brand_new", retry_later},
    {431, "brand_new", refused},
    {451, "brand_new", refused},
    {499, "brand_new", unknown},
    {500, "brand_new", unknown},
    {502, "brand_new", unknown},
    {503, "brand_new", unknown},
    {504, "brand_new", unknown},
    {529, "brand_new", unknown},
    {599, "brand_new", unknown},
    {600, "brand_new", unknown},
    {0, "brand_new", unknown},
    {100, "invalid_request", unknown},
    {301, "invalid_request", unknown},
    {302, "", unknown},
    {307, "unauthorized", unknown},
    {308, "", unknown},
    {400, "", refused},
};

TEST(ProviderVerdict, ElseTheStatusDecides) {
    for (auto const& [status, code, expected] : unlisted_codes) {
        EXPECT_EQ(judge(an_error(status, std::string{code})), expected) << status << " " << code;
    }
}

constexpr row pages[] = {
    {400, "", unknown}, {401, "", unauthorized}, {402, "", refused_quota}, {403, "", unknown}, {404, "", unknown},
    {405, "", unknown}, {409, "", unknown},      {413, "", refused},       {414, "", refused}, {415, "", unknown},
    {422, "", unknown}, {425, "", retry_later},  {429, "", retry_later},   {431, "", refused}, {500, "", unknown},
    {502, "", unknown}, {503, "", unknown},      {504, "", unknown},
};

TEST(ProviderVerdict, ABodyThatIsNotTheProvidersRefusesOnlyWhereNobodyCanHaveTakenTheRequest) {
    for (auto const& [status, code, expected] : pages) EXPECT_EQ(judge(a_page(status)), expected) << status;
}

TEST(ProviderVerdict, ASuccessIsAcceptedExactlyWithATask) {
    for (int const status : {200, 201, 202, 299}) {
        EXPECT_EQ(judge(a_task(status)), accepted) << status;
        EXPECT_EQ(judge(a_page(status)), unknown) << status;
        EXPECT_EQ(judge(an_error(status, "insufficient_quota")), unknown) << status;
    }
}

TEST(ProviderVerdict, ATaskInAnErrorIsNotAccepted) {
    EXPECT_EQ(judge(a_task(500)), unknown);
    EXPECT_EQ(judge(a_task(302)), unknown);
    EXPECT_EQ(judge(a_task(409)), unknown);
}

TEST(ProviderVerdict, SilenceIsUnknownUnlessNothingWasSent) {
    for (auto const code : {errc::refused, errc::dns, errc::tls, errc::timeout, errc::reset, errc::stopping}) {
        EXPECT_EQ(judge(provider_silence{code, provider_silence::request::not_sent}), retry_later);
        EXPECT_EQ(judge(provider_silence{code, provider_silence::request::perhaps_sent}), unknown);
    }
}

TEST(ProviderVerdict, SilenceIsTakenForPerhapsSentUnlessSaidOtherwise) {
    EXPECT_EQ(judge(provider_silence{.code = errc::reset}), unknown);
}

}  // namespace
}  // namespace voicehook::core
