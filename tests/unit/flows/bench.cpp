#include "bench.hpp"

#include "base/log.hpp"
#include "store/memory/create.hpp"
#include "wire/provider_messages.hpp"
#include "wire/voice_design_request.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

namespace voicehook::test {
namespace {

flows::submit_settings submit_settings(core::replay_mode replay) {
    flows::submit_settings settings;
    settings.public_base_url = "https://hooks.example.com";
    settings.deadline = 10min;
    settings.lease = 45s;
    settings.max_in_flight = 4;
    settings.policy.replay = replay;
    settings.policy.replay_after = 60s;
    settings.polling.first_after = 20s;
    return settings;
}

core::poll_policy polling() {
    core::poll_policy policy;
    policy.first_after = 20s;
    return policy;
}

std::shared_ptr<wire::callback_tokens const> tokens() {
    return std::make_shared<wire::callback_tokens const>(
        std::vector{wire::callback_secret{"k1", secret{std::string(32, 'k')}}});
}

}  // namespace

ports::provider_reply reply(int status, std::string body) {
    auto answer = wire::read_answer(status, body, std::nullopt, noon);
    return {.answer = std::move(answer), .body = std::move(body), .request_id = {}};
}

std::string provider_body(std::string_view id, std::string_view status) {
    return fmt::format(
        R"({{"created":1775131200,"id":"{}","model":"qwen-voice-design","progress":0,"status":"{}","type":"audio"}})",
        id, status);
}

awaitable<scripted_provider::submit_answer> scripted_provider::submit(core::task const& item,
                                                                      trace_context const& trace) {
    submitted.push_back(item.submit_body);
    keys.push_back(item.id);
    traces.push_back(trace);
    if (while_submitting) while_submitting(item);
    if (throws_while_submitting) throw std::runtime_error{"out of luck"};
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    if (submit_script.empty())
        co_return reply(200, provider_body("provider-" + std::to_string(keys.size()), "pending"));
    auto answer = std::move(submit_script.front());
    submit_script.pop_front();
    co_return answer;
}

awaitable<result<ports::provider_reply>> scripted_provider::query(provider_task_id const& id,
                                                                  trace_context const& trace) {
    ++queries;
    traces.push_back(trace);
    if (on_query) co_return on_query(id);
    co_return reply(200, provider_body(id.value(), "processing"));
}

awaitable<result<ports::provider_credits>> scripted_provider::credits() {
    co_return on_credits ? on_credits() : ports::provider_credits{};
}

awaitable<core::attempt_outcome> scripted_sink::deliver(core::delivery const& item, trace_context const& trace) {
    received.push_back(item);
    traces.push_back(trace);
    if (hangs) {
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
        static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
        co_return core::attempt_outcome{.failed = core::delivery_cause::reset, .answer = "cancelled"};
    }
    if (throws-- > 0) throw std::runtime_error{"out of luck"};
    if (script.empty() && answer) co_return answer(item);
    if (script.empty()) co_return core::attempt_outcome{.failed = {}, .answer = "HTTP 200", .retry_after = {}};
    auto outcome = std::move(script.front());
    script.pop_front();
    co_return outcome;
}

awaitable<result<void>> scripted_sink::probe() {
    ++probes;
    if (probe_script.empty()) co_return result<void>{};
    auto seen = std::move(probe_script.front());
    probe_script.pop_front();
    co_return seen;
}

bench::bench(std::shared_ptr<ports::store> given, core::confirmation confirm, core::replay_mode replay)
    : store{given ? std::move(given) : std::shared_ptr<ports::store>{store::memory::create()}},
      metrics{{.sinks = {"results", "callback_url"}}, "test"},
      outbox{{flows::sink_route{sink->name(),
                                {core::terminal::completed, core::terminal::failed, core::terminal::cancelled},
                                flows::delivery_format::envelope}}},
      submit{io.get_executor(),
             *store,
             provider,
             clock,
             announcer,
             outbox,
             bells,
             metrics,
             learned,
             lease_owner{"me"},
             submit_settings(replay)},
      intake{*store, clock, announcer, outbox, metrics, learned, {.confirm = confirm, .retention = 24h}},
      reconcile{io.get_executor(),     *store, provider, clock, announcer, outbox, bells, metrics, lease_owner{"me"},
                {.polling = polling()}},
      dispatch{io.get_executor(), *store, clock, bells, metrics, activity, lease_owner{"me"}, {}},
      retain{io.get_executor(), *store, clock, metrics, [] { return std::vector{sink_name{"results"}}; },
             {.retention = 24h}} {
    set_log_level(log_level::error);  // what is expected to go wrong need not be read
    submit.use_tokens(tokens());
    dispatch.use_sinks({{sink}});
    submit.start();
    reconcile.start();
    advance(0ms);
}

bench::~bench() { stop(); }

void bench::stop() {
    submit.stop_claiming();
    reconcile.stop_claiming();
    dispatch.stop_claiming();
    retain.stop_claiming();
    asio::co_spawn(io, submit.finish(deadline::in(0ms)), asio::detached);
    asio::co_spawn(io, reconcile.finish(deadline::in(0ms)), asio::detached);
    asio::co_spawn(io, dispatch.finish(deadline::in(0ms)), asio::detached);
    advance(0ms);
}

flows::submission_request bench::request(std::optional<std::string> key, std::string text) {
    auto content = wire::read_voice_design(fmt::format(
        R"({{"model":"qwen-voice-design","voice_prompt":"{}","preview_text":"hello","preferred_name":"ann"}})", text));
    return {.caller = caller_name{"tts"},
            .max_open = 100,
            .content = std::move(content.value()),
            .idempotency_key = std::move(key),
            .trace_parent = {},
            .request_id = "r1",
            .wait = 10s};
}

ports::acceptance bench::accept(std::optional<std::string> key, std::string text) {
    return run(submit.accept(request(std::move(key), std::move(text)))).value();
}

task_id bench::submit_one(std::optional<std::string> key, std::string text) {
    return accept(std::move(key), std::move(text)).item.id;
}

flows::callback_result bench::call_back(task_id const& id, std::string body) {
    return run(intake.receive(id, std::move(body), "192.0.2.1", callback_trace));
}

core::task bench::task(task_id const& id) { return run(store->find_task(id.value())).value(); }

std::vector<std::string> bench::timeline(task_id const& id) {
    std::vector<std::string> kinds;
    auto const history = run(store->read_history(id)).value();
    for (auto const& entry : history.timeline) kinds.emplace_back(to_text(entry.kind));
    return kinds;
}

ports::audit_report bench::audit() { return run(store->audit()).value(); }

}  // namespace voicehook::test
