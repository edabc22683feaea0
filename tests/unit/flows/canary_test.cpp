// Whether callbacks would come through: tried, counted, told once.
#include "bench.hpp"

#include "flows/canary.hpp"
#include "wire/canary_message.hpp"

#include <gmock/gmock.h>

namespace voicehook::test {
namespace {

using core::callback_path;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<wire::callback_tokens const> tokens_of(char key) {
    return std::make_shared<wire::callback_tokens const>(
        std::vector{wire::callback_secret{"k1", secret{std::string(32, key)}}});
}

/// Our public URL, which answers as a test says.
class scripted_path final : public ports::public_path {
public:
    explicit scripted_path(manual_clock& clock) : clock_{clock} {}

    awaitable<result<ports::public_answer>> call_back(std::string token, std::string body) override {
        tokens.push_back(std::move(token));
        bodies.push_back(body);
        if (takes > duration::zero()) co_await clock_.sleep(takes);
        if (broken) co_return fail(*broken, "call our public URL");
        co_return answer(wire::canary_nonce(body).value_or(""));
    }

    std::function<ports::public_answer(std::string const& nonce)> answer;
    std::optional<errc> broken;
    duration takes{};
    std::vector<std::string> tokens;
    std::vector<std::string> bodies;

private:
    manual_clock& clock_;
};

class Canary : public testing::Test {
protected:
    Canary() { path.answer = genuine('k'); }
    ~Canary() override { stop(); }

    /// What a process with this secret answers.
    static std::function<ports::public_answer(std::string const&)> genuine(char key) {
        return [by = tokens_of(key)](std::string const& nonce) {
            return ports::public_answer{200, wire::canary_answer(by->prove(nonce))};
        };
    }
    static std::function<ports::public_answer(std::string const&)> always(int status, std::string body) {
        return [=](std::string const&) { return ports::public_answer{status, body}; };
    }
    void start(duration every = 30s) {
        canary = std::make_unique<flows::canary>(
            world.io.get_executor(), path, world.clock, world.metrics,
            [this](callback_path now) { changes.push_back(now); }, flows::canary_settings{.every = every});
        canary->use_tokens(tokens_of('k'));
        canary->start();
        world.advance(0ms);
    }
    void stop() {
        if (!canary) return;
        canary->stop();
        world.advance(0ms);
    }
    /// Until so many more were sent.
    void send(std::size_t count) {
        for (auto const wanted = path.tokens.size() + count; path.tokens.size() < wanted;) world.advance(1s);
    }
    double counted(std::string_view result) {
        for (auto const& [labels, value] : world.metrics.read(telemetry::counter::canary))
            if (labels.front() == result) return value;
        return -1;
    }

    bench world;
    scripted_path path{world.clock};
    std::unique_ptr<flows::canary> canary;
    std::vector<callback_path> changes;
};

TEST_F(Canary, GoesOutAtItsIntervalAndNotBeforeTheFirst) {
    start();
    world.advance(26s);
    auto const early = path.tokens.size();

    world.advance(10min);

    EXPECT_EQ(early, 0u);
    EXPECT_GE(path.tokens.size(), 18u);
    EXPECT_LE(path.tokens.size(), 23u);
    EXPECT_EQ(counted("ok"), path.tokens.size());
    EXPECT_THAT(changes, IsEmpty());
}

TEST_F(Canary, IsAGenuineCallbackWithANonceOfItsOwn) {
    start();
    send(2);

    EXPECT_EQ(tokens_of('k')->verify(path.tokens[0]), task_id{std::string{core::canary_task}});
    EXPECT_NE(path.bodies[0], path.bodies[1]);
    EXPECT_TRUE(wire::canary_nonce(path.bodies[0]));
}

TEST_F(Canary, ThatCameBackShowsItsTime) {
    path.takes = 1s;
    start();
    send(1);
    world.advance(2s);

    auto const state = canary->state();
    ASSERT_TRUE(state);
    EXPECT_TRUE(state->ok);
    EXPECT_EQ(state->latency, 1s);
    EXPECT_EQ(state->failures, 0u);
    EXPECT_THAT(world.metrics.render(), HasSubstr("voicehook_canary_seconds_sum 1\n"));
    EXPECT_THAT(world.metrics.render(), testing::Not(HasSubstr("voicehook_canary_last_success_timestamp_seconds 0\n")));
}

TEST_F(Canary, CountsWhyItDidNotComeBack) {
    struct {
        std::string_view label;
        std::function<ports::public_answer(std::string const&)> answer;
        std::optional<errc> broken;
    } const rows[] = {
        {"dns", {}, errc::dns},
        {"refused", {}, errc::refused},
        {"tls", {}, errc::tls},
        {"timeout", {}, errc::timeout},
        {"reset", {}, errc::reset},
        {"failed", {}, errc::protocol},
        {"not_found", always(404, ""), {}},
        {"unavailable", always(503, ""), {}},
        {"status", always(301, ""), {}},
        {"stranger", always(200, "<html>It works!</html>"), {}},
    };
    start();
    for (auto const& [label, answer, broken] : rows) {
        path.answer = answer;
        path.broken = broken;
        send(1);

        EXPECT_EQ(counted(label), 1) << label;
    }
    EXPECT_EQ(counted("ok"), 0);
    EXPECT_FALSE(canary->state()->latency);
}

TEST_F(Canary, BelievesNobodyWhoDoesNotKnowTheSecretNorAnOldAnswer) {
    start();
    path.answer = genuine('x');
    send(1);
    path.answer = always(200, wire::canary_answer(tokens_of('k')->prove(*wire::canary_nonce(path.bodies[0]))));
    send(1);

    EXPECT_EQ(counted("stranger"), 2);
}

TEST_F(Canary, TellsOnceThatCallbacksDoNotComeThroughAndOnceThatTheyDo) {
    start();
    path.broken = errc::refused;
    send(1);
    auto const after_one = changes;
    send(3);
    auto const after_four = changes;
    EXPECT_EQ(canary->state()->failures, 4u);
    path.broken.reset();
    send(2);

    EXPECT_THAT(after_one, IsEmpty());
    EXPECT_THAT(after_four, ElementsAre(callback_path::broken));
    EXPECT_THAT(changes, ElementsAre(callback_path::broken, callback_path::open));
    EXPECT_THAT(world.metrics.render(), HasSubstr("voicehook_canary_failures_in_a_row 0\n"));
}

TEST_F(Canary, OneThatIsLostNowAndThenChangesNothing) {
    start();
    for (int time = 0; time < 5; ++time) {
        path.broken = errc::timeout;
        send(1);
        path.broken.reset();
        send(1);
    }

    EXPECT_THAT(changes, IsEmpty());
}

TEST_F(Canary, IsNeverSentWhenSwitchedOff) {
    start(0s);

    world.advance(24h);

    EXPECT_THAT(path.tokens, IsEmpty());
    EXPECT_FALSE(canary->state());
}

TEST_F(Canary, UnderWayWhenTheServiceStopsIsNoFailure) {
    path.takes = 1h;
    start();
    send(1);

    stop();
    world.advance(2h);

    EXPECT_FALSE(canary->state()->last_at);
    EXPECT_EQ(path.tokens.size(), 1u);
}

TEST_F(Canary, SpeedsUpWhatIsAskedAboutAndSlowsItDownAgain) {
    auto const asked_after = [this] {
        auto const task = world.submit_one();
        auto const before = world.provider.queries;
        auto const began = world.clock.now();
        while (world.provider.queries == before) world.advance(1s);
        auto const took = world.clock.now() - began;
        world.call_back(task, provider_body(world.task(task).provider_id->value(), "completed"));
        return took;
    };
    auto const usual = asked_after();
    world.submit.expect_callbacks(callback_path::broken);
    world.reconcile.expect_callbacks(callback_path::broken);
    auto const sooner = asked_after();
    world.submit.expect_callbacks(callback_path::open);
    world.reconcile.expect_callbacks(callback_path::open);
    auto const again = asked_after();

    EXPECT_EQ(usual, 20s) << "first_after";
    EXPECT_EQ(sooner, 15s) << "what a task usually takes";
    EXPECT_EQ(again, 20s);
}

}  // namespace
}  // namespace voicehook::test
