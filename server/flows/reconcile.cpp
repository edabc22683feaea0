#include "flows/reconcile.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "core/tracing.hpp"
#include "flows/worker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::flows {
namespace {

/// What a query that told nothing is called on the timeline.
std::string cause_of(ports::provider_reply const& reply) {
    auto const& code = reply.answer.error_code;
    return code.empty() ? fmt::format("http_{}", reply.answer.http_status) : code;
}

}  // namespace

reconcile::reconcile(asio::any_io_executor executor, ports::store& store, ports::provider& provider,
                     ports::clock& clock, announcer& announce, outbox const& routing, bells& workers,
                     telemetry::metrics& metrics, lease_owner owner, reconcile_settings settings)
    : store_{store},
      provider_{provider},
      clock_{clock},
      announcer_{announce},
      outbox_{routing},
      bell_{workers.queries},
      metrics_{metrics},
      owner_{std::move(owner)},
      settings_{settings},
      loops_{executor, count_failures(metrics)},
      running_{executor, count_failures(metrics)},
      slots_{settings_.max_in_flight, bell_} {}

void reconcile::start() {
    loops_.spawn("reconcile", work_when_due("reconcile", bell_, clock_, metrics_, [this] { return claim_once(); }));
    bell_.ring_now();
}

void reconcile::stop_claiming() { loops_.stop(); }

awaitable<void> reconcile::finish(deadline until) {
    co_await loops_.drained();
    co_await finish_by(running_, until);
}

awaitable<turn> reconcile::claim_once() {
    bell_.clear();
    auto places = slots_.take_up_to(claim_limit);
    if (places.empty()) co_return turn::done;
    auto const now = clock_.now();
    auto claimed = co_await store_.claim_queries(
        {.owner = owner_, .now = now, .lease_until = now + settings_.lease, .limit = places.size()});
    if (!claimed) {
        log_failure("claim_failed", "queries", claimed.error());
        co_return turn::failed;
    }
    for (auto& item : claimed->items) {
        running_.spawn("query", run(std::move(item), std::move(places.back())));
        places.pop_back();
    }
    ring_for_next(bell_, claimed->next_due, now);
    co_return turn::done;
}

core::task_event reconcile::outcome_of(core::task const& item, result<ports::provider_reply> reply, instant now) const {
    auto const& polling = settings_.polling;
    auto const told = reply && reply->answer.http_status / 100 == 2 && reply->answer.task.has_value();
    if (told) {
        auto answered = item;
        // An open task that answers is no longer slowed down by earlier failures; while a contradiction is being
        // settled, an answer without a verdict is one more failure.
        answered.queries = core::stage_of(item.state) == core::stage::ended ? item.queries + 1 : 0;
        auto const again = core::next_poll(polling, answered, std::nullopt, now, random_unit());
        return core::query_answered{.report = *reply->answer.task, .body = std::move(reply->body), .poll_at = again};
    }
    auto const retry_after = reply ? reply->answer.retry_after : std::nullopt;
    auto counted = item;
    ++counted.queries;
    return core::query_failed{.poll_at = core::next_poll(polling, counted, retry_after, now, random_unit()),
                              .cause = reply ? cause_of(*reply) : std::string{to_text(reply.error().code)}};
}

awaitable<void> reconcile::run(core::task item, slots::slot place) {
    co_await ignore_cancellation_errors();
    auto const held = std::move(place);
    auto const ref = item.provider_id;
    if (ref) {
        auto const trace = next_span(core::trace_of(item), random_entropy());
        auto reply = co_await provider_.query(*ref, trace);
        auto const now = clock_.now();
        auto outcome = outcome_of(item, std::move(reply), now);
        core::tell_span(outcome, trace.span);
        auto const recorded = co_await store_.record_query(item.id, item.lease_token, outcome, outbox_.renderer(), now);
        if (recorded)
            announcer_.announce(*recorded, now);
        else
            log_failure("record_failed", "query", item.id, trace.trace, recorded.error());
    }
}

}  // namespace voicehook::flows
