#include "flows/dispatch.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "core/tracing.hpp"
#include "flows/slots.hpp"
#include "flows/worker.hpp"

#include <algorithm>

namespace voicehook::flows {
namespace {

std::string_view result_name(core::delivery_decision const& decision) {
    if (std::holds_alternative<core::delivered>(decision)) return "delivered";
    return std::holds_alternative<core::retry_at>(decision) ? "retried" : "parked";
}

double seconds(duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

/// One sink's queue. Shared by its loop and its attempts, so that a reload can let go of it while they finish.
class dispatch::sink_worker : public std::enable_shared_from_this<sink_worker> {
public:
    sink_worker(dispatch& owner, served_sink served)
        : owner_{owner},
          sink_{std::move(served.sink)},
          terms_{std::move(served.terms)},
          bell_{owner.clock_},
          slots_{sink_->max_in_flight(), bell_} {
        share_among(owner.replicas_);
    }

    void start() {
        owner_.bells_.add_sink(sink_->name(), bell_);
        bell_.ring_now();
        owner_.loops_.spawn("dispatch", work_when_due("dispatch", bell_, owner_.clock_, owner_.metrics_,
                                                      [self = shared_from_this()] { return take_turn(self); }));
    }

    void share_among(std::size_t replicas) { slots_.limit(share_of(sink_->max_in_flight(), replicas)); }

    /// Takes up nothing new.
    void retire() {
        retired_ = true;
        owner_.bells_.remove_sink(sink_->name(), bell_);
        bell_.ring_now();
    }

private:
    [[nodiscard]] static awaitable<turn> take_turn(std::shared_ptr<sink_worker> self) {
        if (self->retired_) co_return turn::retired;
        auto const outcome = co_await self->claim_once();
        co_return outcome;
    }

    [[nodiscard]] awaitable<turn> claim_once() {
        bell_.clear();
        auto places = slots_.take_up_to(claim_limit);
        if (places.empty()) co_return turn::done;
        auto const now = owner_.clock_.now();
        auto const lease = sink_->longest_attempt() + owner_.settings_.lease_margin;
        auto claimed = co_await owner_.store_.claim_deliveries(
            sink_->name(), {.owner = owner_.owner_, .now = now, .lease_until = now + lease, .limit = places.size()});
        if (!claimed) {
            log_failure("claim_failed", "deliveries", claimed.error());
            co_return turn::failed;
        }
        for (auto& item : claimed->items) {
            owner_.running_.spawn("delivery", attempt(shared_from_this(), std::move(item), std::move(places.back())));
            places.pop_back();
        }
        ring_for_next(bell_, claimed->next_due, now);
        co_return turn::done;
    }

    [[nodiscard]] static awaitable<void> attempt(std::shared_ptr<sink_worker> self, core::delivery item,
                                                 slots::slot place) {
        co_await ignore_cancellation_errors();
        auto const held = std::move(place);
        auto const began = std::chrono::steady_clock::now();
        auto const trace = next_span(core::trace_of(item), random_entropy());
        auto const outcome = co_await self->sink_->deliver(item, trace);
        auto const took = std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - began);
        co_await self->record(item, trace, outcome, took);
    }

    [[nodiscard]] awaitable<void> record(core::delivery const& item, trace_context const& trace,
                                         core::attempt_outcome const& outcome, duration took) {
        auto const now = owner_.clock_.now();
        auto const decision = core::decide(terms_.policy, item, outcome, now, random_unit());
        auto const recorded = co_await owner_.store_.record_attempt({.id = item.id,
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
            owner_.metrics_.add(telemetry::counter::deliveries, {name, lost ? "lost_lease" : "unrecorded"});
            co_return;
        }
        if (auto const* again = std::get_if<core::retry_at>(&decision))
            owner_.bells_.ring_sink(sink_->name(), again->due);
        auto const result = result_name(decision);
        owner_.metrics_.add(telemetry::counter::deliveries, {name, result});
        if (!outcome.failed)
            owner_.metrics_.observe(telemetry::histogram::delivery_lag_seconds, {name}, seconds(now - item.created_at),
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

    void note(happening kind, core::delivery const& item, core::attempt_outcome const& outcome, instant now) {
        owner_.activity_.note({.at = now,
                               .kind = kind,
                               .task = item.task,
                               .caller = item.caller,
                               .sink = item.sink,
                               .detail = outcome.answer});
    }

    dispatch& owner_;
    std::shared_ptr<ports::sink> sink_;
    core::sink_terms terms_;
    due_bell bell_;
    slots slots_;
    bool retired_{};
};

dispatch::dispatch(asio::any_io_executor executor, ports::store& store, ports::clock& clock, bells& workers,
                   telemetry::metrics& metrics, activity& lately, lease_owner owner, dispatch_settings settings)
    : store_{store},
      clock_{clock},
      bells_{workers},
      metrics_{metrics},
      activity_{lately},
      owner_{std::move(owner)},
      settings_{settings},
      loops_{executor, count_failures(metrics)},
      running_{executor, count_failures(metrics)} {}

dispatch::~dispatch() = default;

void dispatch::use_sinks(std::vector<served_sink> sinks) {
    for (auto const& worker : workers_) worker->retire();
    workers_.clear();
    for (auto& sink : sinks) {
        auto worker = std::make_shared<sink_worker>(*this, std::move(sink));
        workers_.push_back(worker);
        worker->start();
    }
}

void dispatch::share_among(std::size_t replicas) {
    replicas_ = replicas;
    for (auto const& worker : workers_) worker->share_among(replicas);
}

void dispatch::stop_claiming() { loops_.stop(); }

awaitable<void> dispatch::finish(deadline until) {
    co_await loops_.drained();
    co_await finish_by(running_, until);
}

}  // namespace voicehook::flows
