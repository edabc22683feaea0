// One sink's queue: claims what is due when the sink can bear it, attempts it, writes down what became of it.
#pragma once

#include "async/nursery.hpp"
#include "core/breaker.hpp"
#include "core/quota.hpp"
#include "core/retry_budget.hpp"
#include "flows/activity.hpp"
#include "flows/announcer.hpp"
#include "flows/destinations.hpp"
#include "flows/dispatch.hpp"
#include "flows/due_bell.hpp"
#include "flows/slots.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <memory>
#include <optional>
#include <string>

namespace voicehook::flows {

/// What the workers of all sinks share; outlives them.
struct dispatch_parts {
    ports::store& store;
    ports::clock& clock;
    bells& workers;
    telemetry::metrics& metrics;
    activity& lately;
    lease_owner owner;
    dispatch_settings settings;
    async::nursery& loops;
    async::nursery& running;
};

/// Shared by its loop and its attempts, so that a reload can let go of it while they finish. Before it claims it asks,
/// in this order: the sink's breaker, its rate, its places. What was claimed for a destination that has no room is put
/// back as if it had not been touched.
class sink_worker : public std::enable_shared_from_this<sink_worker> {
public:
    sink_worker(dispatch_parts& parts, served_sink served, std::size_t replicas);

    void start();
    void share_among(std::size_t replicas);
    /// Takes up nothing new.
    void retire();

    [[nodiscard]] sink_name const& name() const noexcept { return sink_->name(); }
    [[nodiscard]] sink_health health() const;

private:
    class watched_attempt;

    [[nodiscard]] static awaitable<turn> take_turn(std::shared_ptr<sink_worker> self);
    [[nodiscard]] static awaitable<void> attempt(std::shared_ptr<sink_worker> self, core::delivery item,
                                                 slots::slot place, std::string where);
    [[nodiscard]] static awaitable<void> put_back(std::shared_ptr<sink_worker> self, core::delivery item, instant due);
    [[nodiscard]] static awaitable<void> look_at_connection(std::shared_ptr<sink_worker> self);

    void show_nothing_ill();
    [[nodiscard]] awaitable<turn> claim_once();
    [[nodiscard]] std::size_t admitted(instant now);
    void begin(core::delivery item, slots::slot place, instant now);
    void look_while_idle(instant now);
    void found(std::string const& where, core::far_side health, std::string const& answer, duration took);
    void found_sink(core::far_side health, std::string const& answer, instant now);
    [[nodiscard]] core::delivery_decision decide(core::delivery const& item, core::attempt_outcome const& outcome,
                                                 instant now);
    [[nodiscard]] awaitable<void> record(core::delivery const& item, trace_context const& trace,
                                         core::attempt_outcome const& outcome, core::delivery_decision decision,
                                         duration took);
    void note(happening kind, core::delivery const& item, core::attempt_outcome const& outcome, instant now);

    dispatch_parts& parts_;
    std::shared_ptr<ports::sink> sink_;
    core::sink_terms terms_;
    due_bell bell_;
    slots slots_;
    core::breaker breaker_;
    core::retry_budget budget_;
    std::optional<core::token_bucket> rate_;
    std::optional<destinations> destinations_;
    std::string last_problem_;
    bool well_{true};  ///< as last shown: its breaker was closed
    bool retired_{};
};

}  // namespace voicehook::flows
