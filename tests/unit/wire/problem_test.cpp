#include "wire/problem.hpp"

#include "wire/raw_json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voicehook::wire {
namespace {

TEST(Problem, CarriesTheRfcAndTheProvidersEnvelope) {
    auto const text = render({.status = 400,
                              .code = "invalid_request",
                              .detail = "The request breaks 1 rule.",
                              .errors = {{"voice_prompt", "is required"}}});

    EXPECT_EQ(text, R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"The request breaks 1 rule.",)"
                    R"("errors":[{"field":"voice_prompt","message":"is required"}],)"
                    R"("error":{"code":"invalid_request","message":"The request breaks 1 rule.",)"
                    R"("type":"invalid_request_error"}})");
}

TEST(Problem, ListsEveryComplaint) {
    auto const text = render({.status = 400, .code = "x", .detail = "y", .errors = {{"a", "1"}, {"", "2"}}});

    EXPECT_NE(text.find(R"("errors":[{"field":"a","message":"1"},{"field":"","message":"2"}])"), std::string::npos);
}

TEST(Problem, WithoutComplaintsHasNoErrorsMember) {
    auto const text = render({.status = 503, .code = "unavailable", .detail = "Try again."});

    EXPECT_EQ(text, R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Try again.",)"
                    R"("error":{"code":"unavailable","message":"Try again.","type":"server_error"}})");
}

TEST(Problem, HostileTextIsEscaped) {
    auto const text = render({.status = 404, .code = "not_found", .detail = "\"</script>\n\xff"});

    EXPECT_TRUE(is_json(text)) << text;
}

TEST(Problem, OfARefusalPassesTheProvidersErrorOnAsItIs) {
    auto const why = core::refusal{402, "insufficient_quota",
                                   R"({"code":"insufficient_quota", "message":"No \u00e4 credit","n":1e400})"};

    auto const item = problem_of(why);

    EXPECT_EQ(item.status, 402);
    EXPECT_EQ(item.detail, "No \xc3\xa4 credit");
    EXPECT_TRUE(
        render(item).ends_with(R"("error":{"code":"insufficient_quota", "message":"No \u00e4 credit","n":1e400}})"))
        << render(item);
}

TEST(Problem, OfARefusalWithoutAReadableErrorMakesOne) {
    for (auto const json : {"", "not json", "[1]", "\"text\""}) {
        auto const text = render(problem_of({403, "permission_denied", json}));

        EXPECT_TRUE(text.ends_with(R"("error":{"code":"permission_denied","message":"The request was refused: )"
                                   R"(permission_denied","type":"invalid_request_error"}})"))
            << text;
    }
}

TEST(Problem, OfAStatusThatIsNoErrorIsABadGateway) {
    EXPECT_EQ(problem_of({0, "x", ""}).status, 502);
    EXPECT_EQ(problem_of({200, "x", ""}).status, 502);
    EXPECT_EQ(problem_of({600, "x", ""}).status, 502);
    EXPECT_EQ(problem_of({599, "x", ""}).status, 599);
}

TEST(Problem, EveryStatusOfTheContractHasItsPhrase) {
    for (auto const status : {400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 422, 429, 431, 500, 502, 503})
        EXPECT_NE(reason_phrase(status), "Unknown") << status;
    EXPECT_EQ(reason_phrase(799), "Unknown");
}

}  // namespace
}  // namespace voicehook::wire
