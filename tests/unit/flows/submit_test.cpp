#include "bench.hpp"

#include <gmock/gmock.h>

namespace voicehook::test {
namespace {

using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;

scripted_provider::submit_answer silence(core::provider_silence::request sent) {
    return std::unexpected{core::provider_silence{.code = errc::reset, .sent = sent}};
}

scripted_provider::submit_answer refusal(int status, std::string_view code) {
    return reply(status, R"({"error":{"code":")" + std::string{code} + R"(","message":"no","type":"t"}})");
}

constexpr auto lost = core::provider_silence::request::perhaps_sent;
constexpr auto refused_connection = core::provider_silence::request::not_sent;

class Flows : public testing::Test {
protected:
    void TearDown() override { EXPECT_THAT(world.audit().violations, IsEmpty()); }
    bench world;
};

using Submit = Flows;

TEST_F(Submit, TheTaskIsDurableBeforeTheProviderHearsOfIt) {
    std::optional<core::stage> seen;
    world.provider.while_submitting = [&](core::task const& item) {
        asio::co_spawn(world.io, world.store->find_task(item.id.value()),
                       [&](std::exception_ptr, result<core::task> found) {
                           if (found) seen = core::stage_of(found->state);
                       });
    };

    auto const id = world.submit_one();

    EXPECT_EQ(seen, core::stage::submitting);
    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::in_flight);
    EXPECT_EQ(world.task(id).provider_id, provider_task_id{"provider-1"});
}

TEST_F(Submit, OurCallbackUrlAndTheDefaultsAreInTheBytesThatAreSent) {
    auto const id = world.submit_one();

    ASSERT_THAT(world.provider.submitted, SizeIs(1));
    EXPECT_THAT(world.provider.submitted.front(),
                testing::HasSubstr("https://hooks.example.com/callbacks/v1/" + id.value() + ".k1."));
    EXPECT_THAT(world.provider.submitted.front(), testing::HasSubstr(R"("language":"zh")"));
}

TEST_F(Submit, ACertainFailureIsRetriedWithTheSameKeyAndBytes) {
    world.provider.submit_script = {silence(refused_connection), refusal(429, "rate_limit_exceeded"),
                                    refusal(400, "no_available_channel")};

    auto const id = world.submit_one();
    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::queued);
    world.advance(5min);

    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::in_flight);
    EXPECT_THAT(world.provider.keys, SizeIs(4));
    EXPECT_THAT(world.provider.keys, Each(id));
    EXPECT_THAT(world.provider.submitted, Each(world.provider.submitted.front()));
}

TEST_F(Submit, AnUnknownOutcomeWaitsForACallbackBeforeTheSameBytesGoAgain) {
    world.provider.submit_script = {silence(lost)};

    auto const id = world.submit_one();
    world.advance(59s);
    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::unknown);
    EXPECT_THAT(world.provider.keys, SizeIs(1));
    world.advance(30s);

    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::in_flight);
    EXPECT_THAT(world.provider.keys, Each(id));
    EXPECT_EQ(world.provider.submitted[0], world.provider.submitted[1]);
}

TEST_F(Submit, ACallbackForAnUnknownTaskEndsItWithoutAnotherSubmission) {
    world.provider.submit_script = {silence(lost)};
    auto const id = world.submit_one();

    auto const answer = world.call_back(id, provider_body("provider-x", "completed"));
    world.advance(20min);

    EXPECT_EQ(answer, flows::callback_result::accepted);
    EXPECT_THAT(world.provider.keys, SizeIs(1));
    EXPECT_THAT(world.sink->received, SizeIs(1));
}

TEST(SubmitWithReplayNever, AnUnknownOutcomeIsNeverSentAgain) {
    bench world{{}, core::confirmation::conflict, core::replay_mode::never};
    world.provider.submit_script = {silence(lost)};

    auto const id = world.submit_one();
    world.advance(24h);

    EXPECT_THAT(world.provider.keys, SizeIs(1));
    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::unknown);
}

TEST_F(Submit, ACallbackBeforeTheSubmitResponseCounts) {
    std::optional<flows::callback_result> answer;
    world.provider.while_submitting = [&](core::task const& item) {
        asio::co_spawn(
            world.io,
            world.intake.receive(item.id, provider_body("provider-1", "completed"), "192.0.2.1", callback_trace),
            [&](std::exception_ptr, flows::callback_result result) { answer = result; });
    };

    auto const id = world.submit_one();
    world.advance(1s);

    EXPECT_EQ(answer, flows::callback_result::accepted);
    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::ended);
    EXPECT_EQ(world.task(id).provider_id, provider_task_id{"provider-1"});
    EXPECT_THAT(world.sink->received, SizeIs(1));
}

TEST_F(Submit, ARefusalEndsTheTaskAndIsDelivered) {
    world.provider.submit_script = {refusal(402, "insufficient_quota")};

    auto const id = world.submit_one();
    world.advance(1s);

    auto const task = world.task(id);
    EXPECT_EQ(core::shown_status(task), core::reported_status::failed);
    EXPECT_EQ(task.refused->http_status, 402);
    EXPECT_THAT(world.sink->received, SizeIs(1));
}

TEST_F(Submit, OurRejectedKeyKeepsTheTaskQueuedUntilItsDeadline) {
    for (int attempt = 0; attempt < 100; ++attempt)
        world.provider.submit_script.push_back(refusal(401, "unauthorized"));

    auto const id = world.submit_one();
    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::queued);
    world.advance(11min);

    EXPECT_EQ(world.task(id).refused->code, "provider_unauthorized");
    EXPECT_THAT(world.provider.keys, SizeIs(testing::Lt(25)));
}

TEST_F(Submit, MoreTasksThanTheProviderMayHaveWaitTheirTurn) {
    std::vector<task_id> ids;
    std::size_t most = 0;
    world.provider.while_submitting = [&](core::task const&) { most = std::max(most, world.submit.in_flight()); };

    for (int count = 0; count < 20; ++count) ids.push_back(world.submit_one());
    world.advance(1s);

    for (auto const& id : ids) EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::in_flight);
    EXPECT_LE(most, 4u);
}

TEST_F(Submit, TasksThatArriveInOneMomentNeverExceedWhatTheProviderMayHave) {
    std::size_t most = 0;
    world.provider.while_submitting = [&](core::task const&) { most = std::max(most, world.submit.in_flight()); };
    auto decided = 0;
    for (int count = 0; count < 20; ++count)
        asio::co_spawn(world.io, world.submit.accept(world.request({}, "calm")),
                       [&](std::exception_ptr, result<ports::acceptance>) { ++decided; });

    world.advance(1s);

    EXPECT_EQ(decided, 20);
    EXPECT_LE(most, 4u);
    EXPECT_THAT(world.provider.keys, SizeIs(20));
}

TEST_F(Submit, AnOutcomeThatCouldNotBeRecordedIsUnknownWhenTheLeaseEnds) {
    world.provider.throws_while_submitting = true;

    auto const id = world.submit_one();
    world.provider.throws_while_submitting = false;
    world.advance(46s);
    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::unknown);
    world.advance(3min);

    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::in_flight);
    EXPECT_EQ(world.submit.in_flight(), 0u);
}

TEST_F(Submit, TheSameKeyAndBodyIsTheSameTaskAndAnotherBodyIsRefused) {
    auto const first = world.accept("key-1", "calm");

    auto const again = world.accept("key-1", "calm");
    auto const other = world.accept("key-1", "loud");

    EXPECT_EQ(again.what, ports::acceptance_outcome::replayed);
    EXPECT_EQ(again.item.id, first.item.id);
    EXPECT_EQ(other.what, ports::acceptance_outcome::key_reused);
    EXPECT_THAT(world.provider.keys, SizeIs(1));
}

TEST_F(Submit, WorkThatADeadProcessLeftIsTakenUpWhenItsLeaseRunsOut) {
    core::task left;
    left.id = make_task_id(noon, {});
    left.caller = caller_name{"tts"};
    left.created_at = noon;
    left.submit_body = "{}";
    left.deadline = noon + 10min;
    left.state = core::submitting{noon + 45s};
    left.submissions = 1;
    left.lease_token = 1;
    ASSERT_TRUE(world.run(world.store->accept_task(left, {.owner = lease_owner{"dead"}}, noon)));
    world.bells.submissions.ring(noon + 45s);

    world.advance(46s);
    EXPECT_EQ(core::stage_of(world.task(left.id).state), core::stage::unknown);
    world.advance(2min);

    EXPECT_EQ(core::stage_of(world.task(left.id).state), core::stage::in_flight);
    EXPECT_THAT(world.provider.keys, testing::ElementsAre(left.id));
}

}  // namespace
}  // namespace voicehook::test
