#include "flows/sink_worker.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "core/tracing.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::flows {
namespace {

using telemetry::counter;
using telemetry::gauge;

std::string_view result_name(core::delivery_decision const& decision) {
    if (std::holds_alternative<core::delivered>(decision)) return "delivered";
    return std::holds_alternative<core::retry_at>(decision) ? "retried" : "parked";
}

double seconds(duration span) { return std::chrono::duration<double>(span).count(); }

unsigned rate_of(core::sink_terms const& terms, std::size_t replicas) {
    return static_cast<unsigned>(share_of(terms.deliveries_per_second, replicas));
}

/// The service stops: the next life, or another replica, goes on at once, and no time was waited.
core::delivery_decision take_up_later(core::delivery const& item, instant now) {
    return core::retry_at{.due = now, .tried_for = item.tried_for};
}

}  // namespace

/// Tells the breakers what an attempt came to, whatever happens: a probe that nobody hears of again would keep them
/// half-open for good.
class sink_worker::watched_attempt {
public:
    watched_attempt(sink_worker& owner, std::string where) : owner_{owner}, where_{std::move(where)} {}
    ~watched_attempt() {
        if (!told_) owner_.found(where_, core::far_side::ill, "the attempt failed within", took());
    }
    watched_attempt(watched_attempt const&) = delete;
    watched_attempt& operator=(watched_attempt const&) = delete;

    [[nodiscard]] duration took() const {
        return std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - began_);
    }
    /// What it came to says nothing of the far side, or is told otherwise.
    void forget() noexcept { told_ = true; }
    void tell(core::attempt_outcome const& outcome) {
        told_ = true;
        owner_.found(where_, core::health_of(outcome), outcome.answer, took());
    }

private:
    sink_worker& owner_;
    std::string where_;
    std::chrono::steady_clock::time_point began_{std::chrono::steady_clock::now()};
    bool told_{};
};

sink_worker::sink_worker(dispatch_parts& parts, served_sink served, std::size_t replicas)
    : parts_{parts},
      sink_{std::move(served.sink)},
      terms_{std::move(served.terms)},
      bell_{parts.clock},
      slots_{sink_->max_in_flight(), bell_},
      breaker_{terms_.breaker},
      budget_{terms_.budget, parts.clock.now()} {
    if (terms_.max_per_destination > 0) destinations_.emplace(terms_.max_per_destination, terms_.breaker);
    share_among(replicas);
}

void sink_worker::start() {
    parts_.workers.add_sink(sink_->name(), bell_);
    show_nothing_ill();
    bell_.ring_now();
    parts_.loops.spawn("dispatch", work_when_due("dispatch", bell_, parts_.clock, parts_.metrics,
                                                 [self = shared_from_this()] { return take_turn(self); }));
    if (terms_.watched == core::sink_terms::watch::connection)
        parts_.running.spawn("sink_watch", look_at_connection(shared_from_this()));
}

void sink_worker::show_nothing_ill() {
    parts_.metrics.set(gauge::sink_breaker_open, {sink_->name().value()}, 0);
    parts_.metrics.set(gauge::sink_ill_destinations, {sink_->name().value()}, 0);
}

void sink_worker::share_among(std::size_t replicas) {
    slots_.limit(share_of(sink_->max_in_flight(), replicas));
    if (terms_.deliveries_per_second > 0) rate_.emplace(rate_of(terms_, replicas), parts_.clock.now());
}

void sink_worker::retire() {
    retired_ = true;
    show_nothing_ill();  // nobody would hear of it being well again
    parts_.workers.remove_sink(sink_->name(), bell_);
    bell_.ring_now();
}

sink_health sink_worker::health() const {
    auto const now = parts_.clock.now();
    auto const state = breaker_.state(now);
    return {.breaker = state,
            .problem = state == core::breaker_state::closed ? std::string{} : last_problem_,
            .next_probe = breaker_.next_probe(),
            .in_flight = slots_.taken(),
            .ill_destinations = destinations_ ? destinations_->ill(now) : 0};
}

awaitable<turn> sink_worker::take_turn(std::shared_ptr<sink_worker> self) {
    if (self->retired_) co_return turn::retired;
    auto const outcome = co_await self->claim_once();
    co_return outcome;
}

/// How many attempts may begin; with none the bell rings when that changes.
std::size_t sink_worker::admitted(instant now) {
    auto const admitted = breaker_.admits(claim_limit, now);
    if (admitted == 0) {
        if (auto const probe = breaker_.next_probe()) bell_.ring(*probe);
        return 0;
    }
    if (!rate_) return admitted;
    auto const in_time = rate_->take_up_to(admitted, now);
    if (in_time == 0) bell_.ring(now + rate_->until_next(now));
    return in_time;
}

awaitable<turn> sink_worker::claim_once() {
    bell_.clear();
    auto const now = parts_.clock.now();
    auto const allowed = admitted(now);
    if (allowed == 0) co_return turn::done;
    auto places = slots_.take_up_to(allowed);
    auto const give_back = [&](std::size_t used) {
        if (rate_) rate_->give_back(allowed - std::min(used, allowed));
    };
    if (places.empty()) {
        give_back(0);
        co_return turn::done;
    }
    auto const lease = sink_->longest_attempt() + parts_.settings.lease_margin;
    auto claimed = co_await parts_.store.claim_deliveries(
        sink_->name(), {.owner = parts_.owner, .now = now, .lease_until = now + lease, .limit = places.size()});
    if (!claimed) {
        give_back(0);
        log_failure("claim_failed", "deliveries", claimed.error());
        co_return turn::failed;
    }
    give_back(claimed->items.size());
    if (claimed->items.empty()) look_while_idle(now);
    for (auto& item : claimed->items) {
        begin(std::move(item), std::move(places.back()), now);
        places.pop_back();
    }
    ring_for_next(bell_, claimed->next_due, now);
    co_return turn::done;
}

void sink_worker::begin(core::delivery item, slots::slot place, instant now) {
    auto where = destinations_ ? sink_->destination_of(item) : std::string{};
    if (!where.empty()) {
        if (auto const again = destinations_->admit(where, now)) {
            parts_.running.spawn("delivery", put_back(shared_from_this(), std::move(item), *again));
            return;
        }
    } else {
        breaker_.begin(now);
    }
    if (item.attempts == 1) budget_.note_first_try(now);
    parts_.running.spawn("delivery", attempt(shared_from_this(), std::move(item), std::move(place), std::move(where)));
}

/// Nothing is due that could show whether the sink is well again.
void sink_worker::look_while_idle(instant now) {
    if (terms_.watched != core::sink_terms::watch::connection) return;
    if (breaker_.state(now) != core::breaker_state::half_open) return;
    breaker_.begin(now);
    parts_.running.spawn("sink_watch", look_at_connection(shared_from_this()));
}

awaitable<void> sink_worker::look_at_connection(std::shared_ptr<sink_worker> self) {
    co_await ignore_cancellation_errors();
    auto watched = watched_attempt{*self, {}};
    auto const seen = co_await self->sink_->probe();
    watched.forget();
    auto const stopping = co_await is_stopping();
    if (stopping || self->retired_) co_return;
    auto const now = self->parts_.clock.now();
    if (seen) {
        self->found_sink(core::far_side::well, {}, now);
        co_return;
    }
    auto const was_closed = self->breaker_.state(now) == core::breaker_state::closed;
    self->breaker_.trip(now, random_unit());
    if (was_closed) self->found_sink(core::far_side::ill, seen.error().doing, now);
    if (auto const probe = self->breaker_.next_probe()) self->bell_.ring(*probe);
}

awaitable<void> sink_worker::attempt(std::shared_ptr<sink_worker> self, core::delivery item, slots::slot place,
                                     std::string where) {
    co_await ignore_cancellation_errors();
    auto const held = std::move(place);
    auto watched = watched_attempt{*self, std::move(where)};
    auto const trace = next_span(core::trace_of(item), random_entropy());
    auto const outcome = co_await self->sink_->deliver(item, trace);
    auto const cut_off = co_await is_stopping();
    if (cut_off)
        watched.forget();
    else
        watched.tell(outcome);
    auto const now = self->parts_.clock.now();
    auto const decision = cut_off && outcome.failed ? take_up_later(item, now) : self->decide(item, outcome, now);
    co_await self->record(item, trace, outcome, decision, watched.took());
}

awaitable<void> sink_worker::put_back(std::shared_ptr<sink_worker> self, core::delivery item, instant due) {
    co_await ignore_cancellation_errors();
    auto const recorded = co_await self->parts_.store.record_attempt({.id = item.id,
                                                                      .token = item.lease_token,
                                                                      .decision = core::defer{due},
                                                                      .outcome = {},
                                                                      .now = self->parts_.clock.now()});
    if (!recorded) {
        log_failure("record_failed", "deferred delivery", item.task, core::task_trace_of(item).trace, recorded.error());
        co_return;
    }
    self->parts_.metrics.add(counter::deliveries_deferred, {self->sink_->name().value()});
    self->parts_.workers.ring_sink(self->sink_->name(), due);
}

void sink_worker::found(std::string const& where, core::far_side health, std::string const& answer, duration took) {
    auto const now = parts_.clock.now();
    if (where.empty()) return found_sink(health, answer, now);
    destinations_->finish(where, health, took, now, random_unit());
    if (retired_) return;
    parts_.metrics.set(gauge::sink_ill_destinations, {sink_->name().value()},
                       static_cast<double>(destinations_->ill(now)));
}

void sink_worker::found_sink(core::far_side health, std::string const& answer, instant now) {
    auto const was = well_;
    if (health == core::far_side::ill) last_problem_ = answer;
    breaker_.report(health, now, random_unit());
    well_ = breaker_.state(now) == core::breaker_state::closed;
    if (auto const probe = breaker_.next_probe()) bell_.ring(*probe);
    if (was == well_) return;
    if (!retired_) parts_.metrics.set(gauge::sink_breaker_open, {sink_->name().value()}, well_ ? 0 : 1);
    auto const kind = well_ ? happening::sink_up : happening::sink_down;
    if (well_) {
        log_info("sink_up", {{"sink", sink_->name()}});
        bell_.ring_now();
    } else {
        log_warning("sink_down", {{"sink", sink_->name()}, {"answer", answer}});
    }
    parts_.lately.note({.at = now, .kind = kind, .sink = sink_->name(), .detail = well_ ? std::string{} : answer});
}

/// Every retry takes one from the budget; what that puts off counts as waiting like any other.
core::delivery_decision sink_worker::decide(core::delivery const& item, core::attempt_outcome const& outcome,
                                            instant now) {
    auto const unit = random_unit();
    auto decision = core::decide(terms_.policy, item, outcome, now, unit);
    auto const paused = outcome.then == core::attempt_outcome::hint::pause_sink;
    if (!std::holds_alternative<core::retry_at>(decision) || paused) return decision;
    auto const put_off = budget_.take(now);
    if (put_off == duration::zero()) return decision;
    return core::decide(terms_.policy, item, outcome, now, unit, put_off);
}

awaitable<void> sink_worker::record(core::delivery const& item, trace_context const& trace,
                                    core::attempt_outcome const& outcome, core::delivery_decision decision,
                                    duration took) {
    auto const now = parts_.clock.now();
    auto const recorded = co_await parts_.store.record_attempt({.id = item.id,
                                                                .token = item.lease_token,
                                                                .decision = decision,
                                                                .outcome = outcome,
                                                                .took = took,
                                                                .now = now,
                                                                .span = trace.span});
    auto const name = sink_->name().value();
    auto const task_trace = core::task_trace_of(item).trace;
    if (!recorded) {
        log(level_of(recorded.error()), "record_failed",
            {{"what", "delivery attempt"},
             {"task", item.task},
             {"delivery", item.id},
             {"trace_id", trace.trace},
             {"task_trace_id", task_trace},
             {"code", to_text(recorded.error().code)},
             {"doing", recorded.error().doing}});
        auto const lost = recorded.error().code == errc::lease_lost;
        parts_.metrics.add(counter::deliveries, {name, lost ? "lost_lease" : "unrecorded"});
        co_return;
    }
    if (auto const* again = std::get_if<core::retry_at>(&decision)) parts_.workers.ring_sink(sink_->name(), again->due);
    auto const result = result_name(decision);
    parts_.metrics.add(counter::deliveries, {name, result});
    if (outcome.failed) parts_.metrics.add(counter::delivery_failures, {name, to_text(*outcome.failed)});
    if (!outcome.failed)
        parts_.metrics.observe(telemetry::histogram::delivery_lag_seconds, {name}, seconds(now - item.created_at),
                               trace.trace.value());
    log(outcome.failed ? log_level::warning : log_level::info, "delivery_attempted",
        {{"task", item.task},
         {"delivery", item.id},
         {"trace_id", trace.trace},
         {"span_id", trace.span},
         {"task_trace_id", task_trace},
         {"sink", sink_->name()},
         {"attempt", item.attempts},
         {"result", result},
         {"answer", outcome.answer},
         {"took_ms", took}});
    if (std::holds_alternative<core::park>(decision)) note(happening::parked, item, outcome, now);
    if (outcome.then == core::attempt_outcome::hint::pause_sink) {
        log_warning("sink_paused", {{"sink", sink_->name()}, {"reason", outcome.answer}});
        note(happening::sink_paused, item, outcome, now);
    }
}

void sink_worker::note(happening kind, core::delivery const& item, core::attempt_outcome const& outcome, instant now) {
    parts_.lately.note({.at = now,
                        .kind = kind,
                        .task = item.task,
                        .caller = item.caller,
                        .sink = item.sink,
                        .detail = outcome.answer});
}

}  // namespace voicehook::flows
