#include "flows/submit.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "core/tracing.hpp"
#include "flows/worker.hpp"

#include <fmt/format.h>

namespace voicehook::flows {
namespace {

/// How long to wait before an outcome that the store could not take is offered to it again.
constexpr auto record_again = 200ms;

/// What an outcome counts as in `submissions_total`; the event carries the verdict's consequence.
struct judged {
    core::task_event outcome;
    std::string_view verdict;
};

/// The provider refuses our key or our account: nothing gets through until somebody acts.
bool is_alarming(std::string_view verdict) {
    return verdict == to_text(core::submission_verdict::unauthorized) ||
           verdict == to_text(core::submission_verdict::refused_quota);
}

instant lease_end(core::task const& item) {
    auto const* state = std::get_if<core::submitting>(&item.state);
    return state == nullptr ? instant::max() : state->lease_until;
}

}  // namespace

submit::submit(asio::any_io_executor executor, ports::store& store, ports::provider& provider, ports::clock& clock,
               announcer& announce, outbox const& routing, bells& workers, telemetry::metrics& metrics,
               learning const& learned, lease_owner owner, submit_settings settings)
    : store_{store},
      provider_{provider},
      clock_{clock},
      announcer_{announce},
      outbox_{routing},
      bell_{workers.submissions},
      metrics_{metrics},
      learned_{learned},
      owner_{std::move(owner)},
      settings_{std::move(settings)},
      loops_{executor, count_failures(metrics)},
      running_{executor, count_failures(metrics)},
      slots_{settings_.max_in_flight, bell_} {}

core::task submit::make_task(submission_request& request, core::task_state state, instant now) const {
    core::task item;
    item.id = make_task_id(now, random_entropy());
    item.caller = request.caller;
    item.created_at = now;
    item.model = request.content.model;
    item.submit_body = wire::submit_body(
        request.content, settings_.public_base_url + std::string{wire::callback_path} + tokens_->sign(item.id));
    item.idempotency_key = std::move(request.idempotency_key);
    item.fingerprint = request.content.fingerprint;
    item.callback_url = request.content.callback_url;
    item.trace_parent = std::move(request.trace_parent);
    item.request_id = std::move(request.request_id);
    item.deadline = now + settings_.deadline;
    item.answer_by = now + request.wait;
    item.state = state;
    if (std::holds_alternative<core::submitting>(state)) {
        item.submissions = 1;
        item.lease_token = 1;
    }
    return item;
}

awaitable<result<ports::acceptance>> submit::accept(submission_request request) {
    auto const now = clock_.now();
    auto const limits = ports::acceptance_limits{.max_open = request.max_open, .owner = owner_};
    auto place = slots_.take();
    auto const state = place ? core::task_state{core::submitting{now + settings_.lease}} : core::queued{now};
    auto accepted = co_await store_.accept_task(make_task(request, state, now), limits, now);
    if (!accepted) co_return fail(std::move(accepted.error()), "accept a task");

    if (accepted->what == ports::acceptance_outcome::stored) {
        announcer_.announce_acceptance(accepted->item);
        bell_.ring(core::due_at(state).value_or(now));  // now, or when the lease ends, should nobody record an outcome
        if (place) launch(accepted->item, std::move(place));
    }
    co_return accepted;
}

void submit::start() {
    loops_.spawn("submit", work_when_due("submit", bell_, clock_, metrics_, [this] { return claim_once(); }));
    bell_.ring_now();
}

void submit::stop_claiming() { loops_.stop(); }

awaitable<void> submit::finish(deadline until) {
    co_await loops_.drained();
    co_await finish_by(running_, until);
}

void submit::launch(core::task item, slots::slot place) {
    running_.spawn("submission", run(std::move(item), std::move(place)));
}

awaitable<turn> submit::claim_once() {
    bell_.clear();
    auto places = slots_.take_up_to(claim_limit);
    if (places.empty()) co_return turn::done;
    auto const now = clock_.now();
    auto const lost_replay_after = settings_.policy.replay == core::replay_mode::never
                                       ? std::nullopt
                                       : std::optional{settings_.policy.replay_after};
    auto claimed = co_await store_.claim_submissions(
        {.owner = owner_, .now = now, .lease_until = now + settings_.lease, .limit = places.size()}, lost_replay_after);
    if (!claimed) {
        log_failure("claim_failed", "submissions", claimed.error());
        co_return turn::failed;
    }
    if (claimed->lost > 0) {
        metrics_.add(telemetry::counter::submissions, {"lost"}, static_cast<double>(claimed->lost));
        log_warning("submissions_lost", {{"count", claimed->lost}});
    }
    for (auto& item : claimed->items) {
        launch(std::move(item), std::move(places.back()));
        places.pop_back();
    }
    ring_for_next(bell_, claimed->next_due, now);
    co_return turn::done;
}

awaitable<void> submit::run(core::task item, slots::slot place) {
    co_await ignore_cancellation_errors();
    auto const held = std::move(place);
    auto const lease_until = lease_end(item);
    auto decided = judged{core::expiry_of(item), "expired"};
    auto trace = core::trace_of(item);
    if (clock_.now() < item.deadline) {
        trace = next_span(trace, random_entropy());
        auto const reply = co_await provider_.submit(item, trace);
        auto const now = clock_.now();
        if (reply) {
            auto const estimated = reply->answer.task ? reply->answer.task->estimated : std::nullopt;
            auto const first_poll = core::first_poll(settings_.polling, learned_, estimated, now);
            decided = {
                core::event_for(settings_.policy, item, reply->answer, reply->body, first_poll, now, random_unit()),
                to_text(core::judge(reply->answer))};
        } else {
            decided = {core::event_for(settings_.policy, item, reply.error(), now, random_unit()),
                       to_text(core::judge(reply.error()))};
        }
        core::tell_span(decided.outcome, trace.span);
    }
    metrics_.add(telemetry::counter::submissions, {decided.verdict});
    auto const* const accepted = std::get_if<core::submission_accepted>(&decided.outcome);
    log(is_alarming(decided.verdict) ? log_level::warning : log_level::info, "submission_judged",
        {{"task", item.id},
         {"trace_id", trace.trace},
         {"span_id", trace.span},
         {"verdict", decided.verdict},
         {"attempt", item.submissions},
         {"provider_task", accepted == nullptr ? std::string_view{} : std::string_view{accepted->ref.value()}}});
    co_await record(item, std::move(decided.outcome), lease_until);
}

awaitable<void> submit::record(core::task const& item, core::task_event outcome, instant lease_until) {
    for (;;) {
        auto const now = clock_.now();
        auto const recorded =
            co_await store_.record_submission(item.id, item.lease_token, outcome, outbox_.renderer(), now);
        if (recorded) {
            announcer_.announce(*recorded, now);
            co_return;
        }
        log_failure("record_failed", "submission", item.id, core::trace_id_of(item), recorded.error());
        auto const stopping = co_await is_stopping();
        auto const in_time = clock_.now() + record_again < lease_until;
        // Without a record the lease runs out, and the outcome counts as unknown.
        if (stopping || !in_time || !worth_repeating(recorded.error())) co_return;
        co_await clock_.sleep(record_again);
    }
}

}  // namespace voicehook::flows
