#include "flows/sink_worker.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/stopwatch.hpp"
#include "core/tracing.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::flows {
namespace {

using telemetry::gauge;

unsigned rate_of(core::sink_terms const& terms, std::size_t replicas) {
    return static_cast<unsigned>(share_of(terms.deliveries_per_second, replicas));
}

/// An exception ended the attempt.
core::attempt_outcome failed_within() {
    return {.failed = core::delivery_cause::io, .answer = "the attempt failed within"};
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
        if (!told_) owner_.found(where_, failed_within(), took());
    }
    watched_attempt(watched_attempt const&) = delete;
    watched_attempt& operator=(watched_attempt const&) = delete;

    [[nodiscard]] duration took() const { return watch_.elapsed(); }
    /// What it came to says nothing of the far side, or is told otherwise.
    void forget() noexcept { told_ = true; }
    void tell(core::attempt_outcome const& outcome) {
        told_ = true;
        owner_.found(where_, outcome, took());
    }

private:
    sink_worker& owner_;
    std::string where_;
    stopwatch watch_;
    bool told_{};
};

sink_worker::sink_worker(dispatch_parts& parts, served_sink served, std::size_t replicas)
    : parts_{parts},
      sink_{std::move(served.sink)},
      terms_{std::move(served.terms)},
      certificate_ends_{served.certificate_ends},
      bell_{parts.clock},
      slots_{sink_->max_in_flight(), bell_},
      breaker_{terms_.breaker},
      records_{parts, sink_->name()},
      budget_{terms_.budget, parts.clock.now()} {
    if (terms_.max_per_destination > 0)
        destinations_.emplace(terms_.max_per_destination, terms_.breaker, terms_.budget);
    share_among(replicas);
}

void sink_worker::start() {
    parts_.workers.add_sink(sink_->name(), bell_);
    show_nothing_ill();
    show_certificate(certificate_ends_);
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

void sink_worker::show_certificate(std::optional<instant> ends) {
    parts_.metrics.set(gauge::sink_certificate_expiry_timestamp_seconds, {sink_->name().value()},
                       ends ? static_cast<double>(to_unix_seconds(*ends)) : 0);
}

void sink_worker::share_among(std::size_t replicas) {
    slots_.limit(share_of(sink_->max_in_flight(), replicas));
    if (terms_.deliveries_per_second > 0) rate_.emplace(rate_of(terms_, replicas), parts_.clock.now());
}

void sink_worker::retire() {
    retired_ = true;
    show_nothing_ill();  // nobody would hear of it being well again
    show_certificate(std::nullopt);
    sink_->retire();
    parts_.workers.remove_sink(sink_->name(), bell_);
    bell_.ring_now();
}

sink_health sink_worker::health() const {
    auto const now = parts_.clock.now();
    auto const state = breaker_.state(now);
    return {.breaker = state,
            .problem = state == core::breaker_state::closed ? std::string{} : last_failure_.answer,
            .next_probe = breaker_.next_probe(),
            .in_flight = slots_.taken(),
            .ill_destinations = destinations_ ? destinations_->ill() : 0};
}

awaitable<turn> sink_worker::take_turn(std::shared_ptr<sink_worker> self) {
    if (self->retired_) co_return turn::retired;
    auto const outcome = co_await self->claim_once();
    if (outcome != turn::done) co_return outcome;
    auto const reviewed = co_await self->review_waiting();
    co_return reviewed;
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
    forget_idle_destinations(now);
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
    auto claimed = co_await claim(places.size(), now);
    if (!claimed) {
        give_back(0);
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

/// Nobody else touches what waits for an ill sink, but for its probes: adds what has been waited to each delivery, and
/// parks those that have been tried for long enough. A probe must have failed since they became due.
awaitable<turn> sink_worker::review_waiting() {
    auto const now = parts_.clock.now();
    auto const since = kept_since();
    if (!since || breaker_.state(now) != core::breaker_state::open) co_return turn::done;
    auto const period = core::review_period(terms_.policy);
    if (now < *since + period) {
        bell_.ring(*since + period);
        co_return turn::done;
    }
    auto places = slots_.take_up_to(claim_limit);
    if (places.empty()) co_return turn::done;
    auto claimed = co_await claim(places.size(), now, std::max(period, now - last_failure_at_));
    if (!claimed) co_return turn::failed;
    for (auto& item : claimed->items) {
        auto decision = core::wait_for_recovery(terms_.policy, item, last_failure_, now, now);
        leave(std::move(item), std::move(decision), last_failure_, std::move(places.back()));
        places.pop_back();
    }
    auto const next = claimed->next_due;
    if (next && *next <= last_failure_at_) bell_.ring(std::max(*next, *since) + period);
    co_return turn::done;
}

/// Claims up to `limit` deliveries, only those that have been due for `overdue_by`.
awaitable<result<ports::claimed<core::delivery>>> sink_worker::claim(std::size_t limit, instant now,
                                                                     duration overdue_by) {
    auto const lease = sink_->longest_attempt() + parts_.settings.lease_margin;
    auto claimed = co_await parts_.store.claim_deliveries(sink_->name(), {.owner = parts_.owner,
                                                                          .now = now,
                                                                          .lease_until = now + lease,
                                                                          .limit = limit,
                                                                          .kept_since = kept_since(),
                                                                          .overdue_by = overdue_by});
    if (!claimed) {
        log_failure("claim_failed", "deliveries", claimed.error());
        co_return claimed;
    }
    if (paused_ && !claimed->paused) resumed_at_ = now;
    paused_ = claimed->paused;
    co_return claimed;
}

/// Since when what is due waits because the sink is ill. What it was paused for does not count.
std::optional<instant> sink_worker::kept_since() const {
    auto const ill = breaker_.ill_since();
    if (!ill || paused_) return std::nullopt;
    return std::max(*ill, resumed_at_);
}

void sink_worker::begin(core::delivery item, slots::slot place, instant now) {
    auto where = destinations_ ? sink_->destination_of(item) : std::string{};
    if (!where.empty()) {
        if (auto const refused = destinations_->admit(where, now)) {
            auto decision = refused->ill_with
                                ? core::wait_for_recovery(terms_.policy, item, *refused->ill_with, refused->until, now)
                                : core::defer{.due = refused->until, .tried_for = item.tried_for};
            leave(std::move(item), std::move(decision), refused->ill_with.value_or(core::attempt_outcome{}), {});
            return;
        }
    } else {
        breaker_.begin(now);
    }
    if (item.attempts == 1) budget_of(where, now).note_first_try(now);
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
        self->found_sink({}, now);
        co_return;
    }
    auto const was_closed = self->breaker_.state(now) == core::breaker_state::closed;
    self->breaker_.trip(now, random_unit());
    if (was_closed) self->found_sink({.failed = core::delivery_cause::unavailable, .answer = seen.error().doing}, now);
    if (auto const probe = self->breaker_.next_probe()) self->bell_.ring(*probe);
}

awaitable<void> sink_worker::attempt(std::shared_ptr<sink_worker> self, core::delivery item, slots::slot place,
                                     std::string where) {
    co_await ignore_cancellation_errors();
    auto const held = std::move(place);
    auto watched = watched_attempt{*self, where};
    auto const trace = next_span(core::trace_of(item), random_entropy());
    auto const outcome = co_await self->sink_->deliver(item, trace);
    auto const cut_off = co_await is_stopping();
    if (cut_off)
        watched.forget();
    else
        watched.tell(outcome);
    auto const now = self->parts_.clock.now();
    auto const decision =
        cut_off && outcome.failed ? take_up_later(item, now) : self->decide(item, where, outcome, now);
    co_await self->records_.attempted(item, trace, outcome, decision, watched.took());
}

/// Gives a claimed delivery back without an attempt, as decided.
void sink_worker::leave(core::delivery item, core::delivery_decision decision, core::attempt_outcome failure,
                        slots::slot place) {
    parts_.running.spawn("delivery", write_down(shared_from_this(), std::move(item), std::move(decision),
                                                std::move(failure), std::move(place)));
}

awaitable<void> sink_worker::write_down(std::shared_ptr<sink_worker> self, core::delivery item,
                                        core::delivery_decision decision, core::attempt_outcome failure,
                                        slots::slot place) {
    co_await ignore_cancellation_errors();
    auto const held = std::move(place);
    co_await self->records_.not_attempted(item, std::move(decision), failure);
}

void sink_worker::found(std::string const& where, core::attempt_outcome const& outcome, duration took) {
    auto const now = parts_.clock.now();
    if (where.empty()) return found_sink(outcome, now);
    destinations_->finish(where, outcome, took, now, random_unit());
    show_ill_destinations();
}

void sink_worker::show_ill_destinations() {
    if (retired_) return;
    parts_.metrics.set(gauge::sink_ill_destinations, {sink_->name().value()},
                       static_cast<double>(destinations_->ill()));
}

void sink_worker::forget_idle_destinations(instant now) {
    if (!destinations_) return;
    destinations_->forget_idle(now);
    show_ill_destinations();
}

/// Where there are many destinations each has a budget of its own: what one refuses is not for the others to wait for.
core::retry_budget& sink_worker::budget_of(std::string const& where, instant now) {
    return where.empty() ? budget_ : destinations_->budget_of(where, now);
}

void sink_worker::found_sink(core::attempt_outcome const& outcome, instant now) {
    auto const was = well_;
    auto const health = core::health_of(outcome);
    if (health == core::far_side::ill) {
        last_failure_ = {.failed = outcome.failed, .answer = outcome.answer};
        last_failure_at_ = now;
    }
    breaker_.report(health, now, random_unit());
    well_ = breaker_.state(now) == core::breaker_state::closed;
    if (auto const probe = breaker_.next_probe()) bell_.ring(*probe);
    if (auto const since = kept_since()) bell_.ring(std::max(now, *since + core::review_period(terms_.policy)));
    if (was == well_) return;
    if (!retired_) parts_.metrics.set(gauge::sink_breaker_open, {sink_->name().value()}, well_ ? 0 : 1);
    auto const kind = well_ ? happening::sink_up : happening::sink_down;
    if (well_) {
        log_info("sink_up", {{"sink", sink_->name()}});
        bell_.ring_now();
    } else {
        log_warning("sink_down", {{"sink", sink_->name()}, {"answer", outcome.answer}});
    }
    parts_.lately.note(
        {.at = now, .kind = kind, .sink = sink_->name(), .detail = well_ ? std::string{} : outcome.answer});
}

/// Every retry takes one from the budget; what that puts off counts as waiting like any other.
core::delivery_decision sink_worker::decide(core::delivery const& item, std::string const& where,
                                            core::attempt_outcome const& outcome, instant now) {
    auto const unit = random_unit();
    auto decision = core::decide(terms_.policy, item, outcome, now, unit);
    auto const paused = outcome.then == core::attempt_outcome::hint::pause_sink;
    if (!std::holds_alternative<core::retry_at>(decision) || paused) return decision;
    auto const put_off = budget_of(where, now).take(now);
    if (put_off == duration::zero()) return decision;
    return core::decide(terms_.policy, item, outcome, now, unit, put_off);
}

}  // namespace voicehook::flows
