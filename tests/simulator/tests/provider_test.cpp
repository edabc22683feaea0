#include "tests/simulator/control_routes.hpp"
#include "tests/simulator/provider_routes.hpp"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <future>
#include <string>
#include <vector>

namespace simulator {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view voice =
    R"({"model":"qwen-voice-design","voice_prompt":"calm","preview_text":"hello","preferred_name":"announcer",)"
    R"("callback_url":"https://hooks.example.com/callbacks/v1/task.k1.mac"})";
constexpr std::string_view other_voice =
    R"({"model":"qwen-voice-design","voice_prompt":"loud","preview_text":"hello","preferred_name":"announcer"})";
constexpr std::string_view key = "voicehook-0123456789";

// Answers with the scripted statuses, then with 200, and keeps what it was given.
class scripted_sender final : public callback_sender {
public:
    awaitable<callback_answer> send(callback_url, raw_request request) override {
        auto bytes = std::string{};
        for (auto const& piece : request.pieces) bytes += piece.bytes;
        sent.push_back(std::move(bytes));
        auto answer = callback_answer{.status = 200};
        if (!answers.empty()) {
            answer.status = answers.front();
            answers.pop_front();
        }
        co_return answer;
    }

    std::deque<unsigned> answers;
    std::vector<std::string> sent;
};

class SimulatorProvider : public testing::Test {
protected:
    static options quick() {
        auto chosen = options{};
        chosen.work = 0ms;
        chosen.callback_retry = {0ms, 0ms, 0ms};
        chosen.log = verbosity::quiet;
        chosen.credits = 10;
        return chosen;
    }

    http_reply ask(http_routes& routes, http_request request) {
        auto waiting = begin(routes, std::move(request));
        while (waiting.wait_for(0s) != std::future_status::ready) io_.run_one();
        return waiting.get();
    }

    std::future<http_reply> begin(http_routes& routes, http_request request) {
        io_.restart();
        return asio::co_spawn(io_, routes.answer(std::move(request)), asio::use_future);
    }

    http_reply submit(std::string_view body, std::string_view idempotency_key = {}) {
        return ask(provider_, submission(body, idempotency_key));
    }

    static http_request submission(std::string_view body, std::string_view idempotency_key) {
        auto request = http_request{.method = "POST", .path = "/v1/audios/generations", .body = std::string{body}};
        request.fields = {{"authorization", "Bearer sk-evo-simulator"}, {"content-type", "application/json"}};
        if (!idempotency_key.empty()) request.fields.emplace_back("Idempotency-Key", idempotency_key);
        return request;
    }

    http_reply get(std::string_view path) {
        auto request = http_request{.method = "GET", .path = std::string{path}};
        request.fields = {{"Authorization", "Bearer sk-evo-simulator"}};
        return ask(provider_, std::move(request));
    }

    void let_everything_end() {
        io_.restart();
        io_.run();
    }

    static std::string id_in(http_reply const& reply) {
        return std::string{json::parse(reply.body).at("id").as_string()};
    }

    static std::string code_in(http_reply const& reply) {
        return std::string{json::parse(reply.body).at("error").at("code").as_string()};
    }

    static std::string field_of(http_reply const& reply, std::string_view name) {
        auto const found = std::ranges::find(reply.fields, name, [](auto const& one) { return one.first; });
        return found == reply.fields.end() ? "" : found->second;
    }

    void fault(std::string_view name, std::string_view value) { ASSERT_TRUE(faults_.set(name, value)); }

    options chosen_ = quick();
    event_log log_{verbosity::quiet};
    asio::io_context io_{1};
    crew workers_{io_.get_executor(), [](std::exception const& surprise) { ADD_FAILURE() << surprise.what(); }};
    scripted_sender sender_;
    dice chances_{7};
    fault_book faults_{chances_};
    task_book book_{chances_, 3, chosen_.credits};
    courier courier_{sender_, book_, log_, chosen_};
    workshop workshop_{workers_, courier_, book_};
    provider_routes provider_{chosen_, chances_, faults_, book_, workshop_, log_};
    control_routes control_{faults_, book_, courier_};
};

TEST_F(SimulatorProvider, TheSameKeyAndBodyIsOneTaskAndOnePayment) {
    auto const first = submit(voice, key);
    auto const second = submit(voice, key);

    EXPECT_EQ(first.status, 200U);
    EXPECT_EQ(field_of(first, "idempotency-replayed"), "");
    EXPECT_EQ(second.status, 200U);
    EXPECT_EQ(field_of(second, "idempotency-replayed"), "true");
    EXPECT_EQ(id_in(first), id_in(second));
    EXPECT_EQ(book_.count().creates, 1U);
    EXPECT_EQ(book_.count().replays, 1U);
    EXPECT_EQ(book_.credits_used(), 2);
}

TEST_F(SimulatorProvider, AReplayShowsTheCurrentState) {
    submit(voice, key);
    let_everything_end();

    auto const replay = submit(voice, key);

    EXPECT_EQ(json::parse(replay.body).at("status").as_string(), "completed");
}

TEST_F(SimulatorProvider, TheSameKeyWithAnotherBodyIsAConflict) {
    submit(voice, key);

    auto const other = submit(other_voice, key);

    EXPECT_EQ(other.status, 409U);
    EXPECT_EQ(code_in(other), "idempotency_conflict");
    EXPECT_EQ(book_.count().creates, 1U);
}

TEST_F(SimulatorProvider, TheSameKeyWhileTheFirstIsUnderWayHasNoOutcomeYet) {
    fault("submit_delay_ms", R"({"kind":"20","times":1})");
    auto first = begin(provider_, submission(voice, key));
    while (book_.count().creates == 0) io_.run_one();

    auto const second = submit(voice, key);

    EXPECT_EQ(second.status, 409U);
    EXPECT_EQ(code_in(second), "paid_outcome_unknown");
    let_everything_end();
    EXPECT_EQ(first.get().status, 200U);
    EXPECT_EQ(field_of(submit(voice, key), "idempotency-replayed"), "true");
}

TEST_F(SimulatorProvider, AnIgnoredKeyIsPaidTwice) {
    fault("idempotency", "ignored");

    auto const first = submit(voice, key);
    auto const second = submit(voice, key);

    EXPECT_NE(id_in(first), id_in(second));
    EXPECT_EQ(book_.count().creates, 2U);
}

TEST_F(SimulatorProvider, AKeyInTheWrongFormIsRefused) {
    for (auto const* wrong : {"short", "0123456789 012345", "0123456789/012345"}) {
        EXPECT_EQ(submit(voice, wrong).status, 400U) << wrong;
    }
    EXPECT_EQ(submit(voice, std::string(97, 'a')).status, 400U);
    EXPECT_EQ(submit(voice, std::string(96, 'a')).status, 200U);
}

TEST_F(SimulatorProvider, ALostAnswerIsStillATask) {
    fault("submit_response", R"({"kind":"reset","times":1})");

    auto const lost = submit(voice, key);
    auto const replay = submit(voice, key);

    EXPECT_EQ(lost.how, departure::reset);
    EXPECT_EQ(replay.how, departure::whole);
    EXPECT_EQ(book_.count().creates, 1U);
}

TEST_F(SimulatorProvider, WithoutCreditsNothingIsMade) {
    for (auto time = 0; time < 5; ++time) EXPECT_EQ(submit(voice).status, 200U);

    auto const sixth = submit(voice);

    EXPECT_EQ(sixth.status, 402U);
    EXPECT_EQ(code_in(sixth), "insufficient_quota");
    EXPECT_EQ(book_.count().creates, 5U);
}

TEST_F(SimulatorProvider, CreditsCanBeSetAndWithoutALimitEverythingIsMade) {
    book_.set_credits_left(3);
    auto const paid = submit(voice);
    auto const refused = submit(voice);
    book_.set_credits_left(std::nullopt);
    auto const unlimited = submit(voice);

    EXPECT_EQ(paid.status, 200U);
    EXPECT_EQ(refused.status, 402U);
    EXPECT_EQ(unlimited.status, 200U);
    EXPECT_EQ(book_.credits_left(), std::nullopt);
    EXPECT_EQ(book_.credits_used(), 4);
}

TEST_F(SimulatorProvider, OldFinishedTasksAreForgottenWithTheirKeys) {
    auto const oldest = id_in(submit(voice, key));
    let_everything_end();
    for (auto time = 0; time < 3; ++time) submit(voice);
    let_everything_end();

    EXPECT_EQ(get("/v1/tasks/" + oldest).status, 404U);
    EXPECT_EQ(book_.find_key(key), nullptr);
    EXPECT_EQ(book_.in_order().size(), 3U);
}

TEST_F(SimulatorProvider, TheSameSeedGivesTheSameNames) {
    auto again = task_book{dice{7}, 3, 10};
    auto const wanted = voice_request{.preferred_name = "a"};

    auto const first = book_.create(wanted, "", "", 1775123456);
    auto const second = again.create(wanted, "", "", 1775123456);

    EXPECT_EQ(first->id, second->id);
    EXPECT_EQ(first->voice, second->voice);
    EXPECT_THAT(first->id, StartsWith("task-unified-1775123456-"));
    EXPECT_THAT(first->voice, StartsWith("qwen-tts-vd-a-voice-20260402-"));
}

TEST_F(SimulatorProvider, ACallbackIsTriedFourTimesWithTheSameBytesAndThenNeverAgain) {
    sender_.answers = {500, 301, 404, 0, 200};

    auto const id = id_in(submit(voice));
    let_everything_end();

    ASSERT_EQ(sender_.sent.size(), 4U);
    EXPECT_EQ(sender_.sent[0], sender_.sent[3]);
    EXPECT_THAT(sender_.sent[0], StartsWith("POST /callbacks/v1/task.k1.mac HTTP/1.1\r\nHost: hooks.example.com\r\n"));
    EXPECT_THAT(sender_.sent[0], HasSubstr(R"("status":"completed")"));
    EXPECT_EQ(book_.count().given_up, 1U);
    EXPECT_EQ(book_.count().acknowledged, 0U);
    EXPECT_EQ(get("/v1/tasks/" + id).body, sender_.sent[0].substr(sender_.sent[0].find("\r\n\r\n") + 4));
}

TEST_F(SimulatorProvider, CallbackMannersSendWhatTheySay) {
    struct row {
        std::string_view manner;
        std::vector<std::string> statuses;
    };
    auto const rows = std::vector<row>{{"normal", {"completed"}},
                                       {"never", {}},
                                       {"before_response", {"completed"}},
                                       {"twice", {"completed", "completed"}},
                                       {"twice_at_once", {"completed", "completed"}},
                                       {"lost_2xx", {"completed", "completed"}},
                                       {"contradict", {"completed", "failed"}}};
    book_ = task_book{chances_, 100, 1000};

    for (auto const& [manner, statuses] : rows) {
        fault("callback", manner);
        auto const item = book_.find(id_in(submit(voice)));
        let_everything_end();
        auto seen = std::vector<std::string>{};
        for (auto const& record : item->callbacks) seen.push_back(record.status);
        EXPECT_EQ(seen, statuses) << manner;
    }
}

TEST_F(SimulatorProvider, AForgedRequestComesBeforeTheTrueOne) {
    fault("hostile", "forged_token");

    auto const item = book_.find(id_in(submit(voice)));
    let_everything_end();

    ASSERT_EQ(sender_.sent.size(), 2U);
    EXPECT_THAT(sender_.sent[0], StartsWith("POST /callbacks/v1/task.k1.Aac HTTP/1.1"));
    EXPECT_EQ(item->callbacks[0].kind, "hostile:forged_token");
    EXPECT_EQ(item->callbacks[1].kind, "callback");
    EXPECT_EQ(book_.count().attempts, 1U);
    EXPECT_EQ(book_.count().hostile, 1U);
}

TEST_F(SimulatorProvider, TheControlEndpointSendsCallbacksOnDemand) {
    fault("callback", "never");
    auto const id = id_in(submit(voice));
    let_everything_end();
    sender_.answers = {200, 404};

    auto const reply = ask(
        control_,
        {.method = "POST", .path = "/control/tasks/" + id + "/callback", .body = R"({"outcome":"failed","times":2})"});

    EXPECT_EQ(reply.body, R"({"answers":[200,404]})");
    EXPECT_THAT(sender_.sent[1], HasSubstr(R"("status":"failed")"));
    EXPECT_THAT(get("/v1/tasks/" + id).body, HasSubstr(R"("status":"completed")"));
}

TEST_F(SimulatorProvider, TheControlEndpointShowsTasksAndCounts) {
    submit(voice, key);
    submit(voice, key);
    let_everything_end();

    auto const tasks = json::parse(ask(control_, {.method = "GET", .path = "/control/tasks"}).body);
    auto const stats = ask(control_, {.method = "GET", .path = "/control/stats"}).body;

    ASSERT_EQ(tasks.as_array().size(), 1U);
    auto const& shown = tasks.at(0);
    EXPECT_EQ(shown.at("idempotency_key").as_string(), key);
    EXPECT_EQ(shown.at("callback_url").as_string(), "https://hooks.example.com/callbacks/v1/task.k1.mac");
    EXPECT_EQ(shown.at("request_body").as_string(), voice);
    EXPECT_EQ(shown.at("status").as_string(), "completed");
    EXPECT_EQ(shown.at("outcome").as_string(), "completed");
    EXPECT_EQ(shown.at("submits").as_int64(), 2);
    EXPECT_EQ(shown.at("callbacks").at(0).at("answer").as_int64(), 200);
    EXPECT_EQ(stats, R"({"creates":1,"submits":2,"replays":1,"queries":0,"callbacks":{"attempts":1,"acknowledged":1,)"
                     R"("given_up":0,"hostile":0,"control":0}})");
}

}  // namespace
}  // namespace simulator
