#include "core/submission_policy.hpp"

#include "lifecycle_kit.hpp"

namespace voicehook::core {
namespace {

using namespace kit;

constexpr instant first_poll = noon + 20s;
constexpr submission_policy usual{};
constexpr submission_policy without_replay{.replay = replay_mode::never};

provider_answer an_error(int http_status, std::string code) {
    auto answer = provider_answer{};
    answer.http_status = http_status;
    answer.error_json = "{}";
    answer.error_code = std::move(code);
    return answer;
}

task_event event_of(provider_answer const& answer, double unit = 0.5, submission_policy const& policy = usual) {
    return event_for(policy, a_submitting_task(), answer, "body", first_poll, noon, unit);
}

TEST(ReplayAt, IsAfterTheTimeGivenToACallbackAndSpread) {
    EXPECT_EQ(replay_at(usual, a_submitting_task(), noon, 0.5), noon + 60s + 500ms);
    EXPECT_GE(replay_at(usual, a_submitting_task(), noon, 0.0), noon + 60s);
}

TEST(ReplayAt, IsNothingAtTheDeadlineAndLater) {
    auto item = a_submitting_task();

    item.deadline = noon + 60s + 501ms;
    EXPECT_EQ(replay_at(usual, item, noon, 0.5), noon + 60s + 500ms);
    item.deadline = noon + 60s + 500ms;
    EXPECT_EQ(replay_at(usual, item, noon, 0.5), std::nullopt);
}

TEST(ReplayAt, IsNothingWhereReplaysAreForbidden) {
    EXPECT_EQ(replay_at(without_replay, a_submitting_task(), noon, 0.5), std::nullopt);
}

TEST(SubmissionEvent, AnAcceptedAnswerCarriesIdStatusBytesAndTheFirstQuery) {
    auto answer = provider_answer{};
    answer.http_status = 200;
    answer.task = a_report(reported_status::pending);

    auto const event = std::get<submission_accepted>(event_of(answer));

    EXPECT_EQ(event.ref, first_id);
    EXPECT_EQ(event.status, reported_status::pending);
    EXPECT_EQ(event.body, "body");
    EXPECT_EQ(event.poll_at, first_poll);
}

TEST(SubmissionEvent, AnAcceptedAnswerThatIsOverIsQueriedNow) {
    auto answer = provider_answer{};
    answer.http_status = 200;
    answer.task = a_report(reported_status::completed);

    EXPECT_EQ(std::get<submission_accepted>(event_of(answer)).poll_at, noon);
}

TEST(SubmissionEvent, ARefusalKeepsStatusCodeAndError) {
    auto answer = an_error(400, "invalid_request");
    answer.error_json = R"({"code":"invalid_request","message":"no"})";

    auto const event = std::get<submission_refused>(event_of(answer));

    EXPECT_EQ(event.why, (refusal{400, "invalid_request", R"({"code":"invalid_request","message":"no"})"}));
    EXPECT_EQ(event.about, submission_refused::scope::request);
}

TEST(SubmissionEvent, ARefusalWithoutAnErrorGetsOneOfOurs) {
    auto answer = provider_answer{};
    answer.http_status = 413;

    auto const event = std::get<submission_refused>(event_of(answer));

    EXPECT_EQ(event.why.code, "provider_refused");
    EXPECT_EQ(event.why.error_json,
              R"({"code":"provider_refused","message":"The provider refused the request with status 413.",)"
              R"("type":"invalid_request_error"})");
}

TEST(SubmissionEvent, RefusalsAreAboutTheRequestOrTheAccount) {
    struct {
        int status;
        std::string_view code;
        submission_refused::scope about;
    } constexpr rows[] = {
        {400, "invalid_request", submission_refused::scope::request},
        {413, "request_too_large_error", submission_refused::scope::request},
        {422, "brand_new", submission_refused::scope::account},
        {404, "not_found", submission_refused::scope::account},
        {400, "name_taken", submission_refused::scope::account},
        {400, "insufficient_quota", submission_refused::scope::account},
        {402, "insufficient_quota", submission_refused::scope::account},
        {403, "permission_denied", submission_refused::scope::account},
        {409, "idempotency_conflict", submission_refused::scope::account},
        {429, "insufficient_quota", submission_refused::scope::account},
    };
    for (auto const& [status, code, about] : rows) {
        auto const event = event_of(an_error(status, std::string{code}));

        EXPECT_EQ(std::get<submission_refused>(event).about, about) << status << " " << code;
    }
}

TEST(SubmissionEvent, AnUnauthorizedKeyIsProbedSlowlyUnderAnyDraw) {
    for (double const unit : {0.0, 0.5, 0.999}) {
        auto const event = std::get<submission_postponed>(event_of(an_error(401, "key_expired"), unit));

        EXPECT_GE(event.retry_at, noon + 15s);
        EXPECT_LE(event.retry_at, noon + 60s);
        EXPECT_EQ(event.cause, provider_unauthorized);
    }
}

TEST(SubmissionEvent, ARetryGrowsWithTheAttempts) {
    auto item = a_submitting_task();
    item.submissions = 4;

    auto const event = event_for(usual, item, an_error(429, "rate_limit_exceeded"), "", first_poll, noon, 0.5);

    EXPECT_EQ(std::get<submission_postponed>(event).retry_at, noon + 4s);
    EXPECT_EQ(std::get<submission_postponed>(event).cause, "rate_limit_exceeded");
}

TEST(SubmissionEvent, RetryAfterIsTheLeast) {
    auto answer = an_error(429, "rate_limit_exceeded");
    answer.retry_after = 90s;

    EXPECT_EQ(std::get<submission_postponed>(event_of(answer)).retry_at, noon + 90s);
}

TEST(SubmissionEvent, RetryAfterEndsAtTheDeadline) {
    auto answer = an_error(429, "rate_limit_exceeded");
    answer.retry_after = 24h;

    EXPECT_EQ(std::get<submission_postponed>(event_of(answer)).retry_at, a_task().deadline);
}

TEST(SubmissionEvent, AnUnknownOutcomeWaitsForACallbackFirst) {
    auto const event = std::get<submission_unknown>(event_of(an_error(503, "")));

    EXPECT_EQ(event.replay_at, noon + 60s + 500ms);
    EXPECT_EQ(event.cause, "http_503");
}

TEST(SubmissionEvent, AnUnknownOutcomeWithRetryAfterWaitsAsLongAsAsked) {
    auto answer = an_error(503, "");
    answer.retry_after = 3min;

    EXPECT_EQ(std::get<submission_unknown>(event_of(answer)).replay_at, noon + 3min);
}

TEST(SubmissionEvent, AnUnknownOutcomeIsNotReplayedWhereThatIsForbidden) {
    auto answer = an_error(409, "paid_outcome_unknown");
    answer.retry_after = 3min;

    auto const event = event_of(answer, 0.5, without_replay);

    EXPECT_EQ(std::get<submission_unknown>(event).replay_at, std::nullopt);
}

TEST(SubmissionEvent, ARequestThatNeverLeftIsTriedAgainSoon) {
    auto const silence = provider_silence{errc::refused, provider_silence::request::not_sent};

    auto const event = event_for(usual, a_submitting_task(), silence, noon, 0.5);

    EXPECT_EQ(std::get<submission_postponed>(event).retry_at, noon + 500ms);
    EXPECT_EQ(std::get<submission_postponed>(event).cause, to_text(errc::refused));
}

TEST(SubmissionEvent, ARequestThatMayHaveLeftIsUnknown) {
    auto const silence = provider_silence{errc::timeout, provider_silence::request::perhaps_sent};

    auto const event = event_for(usual, a_submitting_task(), silence, noon, 0.5);

    EXPECT_EQ(std::get<submission_unknown>(event).replay_at, noon + 60s + 500ms);
    EXPECT_EQ(std::get<submission_unknown>(event).cause, to_text(errc::timeout));
}

TEST(SubmissionExpiry, TellsThatOurKeyStoodInTheWay) {
    auto item = a_queued_task();
    item.last_problem = provider_unauthorized;

    auto const event = expiry_of(item);

    EXPECT_EQ(event.why.http_status, 503);
    EXPECT_EQ(event.why.code, "provider_unauthorized");
    EXPECT_TRUE(event.why.error_json.starts_with(R"({"code":"provider_unauthorized",)"));
}

TEST(SubmissionExpiry, ElseTellsThatTheTimeWasOver) {
    auto item = a_queued_task();
    item.last_problem = "rate_limit_exceeded";

    auto const event = expiry_of(item);

    EXPECT_EQ(event.why.http_status, 503);
    EXPECT_EQ(event.why.code, "submission_expired");
    EXPECT_TRUE(event.why.error_json.starts_with(R"({"code":"submission_expired",)"));
}

TEST(SubmissionExpiry, SeesTheProblemThatThePostponementLeftInTheTask) {
    auto const postponed = advance(a_submitting_task(), event_of(an_error(401, "unauthorized")), noon).next;

    EXPECT_EQ(expiry_of(postponed).why.code, "provider_unauthorized");
}

}  // namespace
}  // namespace voicehook::core
