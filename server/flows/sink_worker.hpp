// One sink's queue: claims what is due when the sink can bear it, attempts it, writes down what became of it.
#pragma once

#include "core/breaker.hpp"
#include "core/quota.hpp"
#include "core/retry_budget.hpp"
#include "flows/delivery_records.hpp"
#include "flows/destinations.hpp"
#include "flows/dispatch_parts.hpp"
#include "flows/due_bell.hpp"
#include "flows/slots.hpp"
#include "flows/worker.hpp"

#include <memory>
#include <optional>
#include <string>

namespace voicehook::flows {

/// Shared by its loop and its attempts, so that a reload can let go of it while they finish. Before it claims it asks,
/// in this order: the sink's breaker, its rate, its places. What was claimed for a destination that has no room is put
/// back, uncounted. What waits for a sink that stays ill is given up when it has been tried for long enough.
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
    [[nodiscard]] static awaitable<void> write_down(std::shared_ptr<sink_worker> self, core::delivery item,
                                                    core::delivery_decision decision, core::attempt_outcome failure,
                                                    slots::slot place);
    [[nodiscard]] static awaitable<void> look_at_connection(std::shared_ptr<sink_worker> self);

    void show_nothing_ill();
    void show_certificate(std::optional<instant> ends);
    [[nodiscard]] awaitable<turn> claim_once();
    [[nodiscard]] awaitable<turn> review_waiting();
    [[nodiscard]] awaitable<result<ports::claimed<core::delivery>>> claim(std::size_t limit, instant now,
                                                                          duration overdue_by = {});
    [[nodiscard]] std::optional<instant> kept_since() const;
    [[nodiscard]] std::size_t admitted(instant now);
    void begin(core::delivery item, slots::slot place, instant now);
    void leave(core::delivery item, core::delivery_decision decision, core::attempt_outcome failure, slots::slot place);
    void look_while_idle(instant now);
    void found(std::string const& where, core::attempt_outcome const& outcome, duration took);
    void found_sink(core::attempt_outcome const& outcome, instant now);
    void show_ill_destinations();
    void forget_idle_destinations(instant now);
    [[nodiscard]] core::retry_budget& budget_of(std::string const& where, instant now);
    [[nodiscard]] core::delivery_decision decide(core::delivery const& item, std::string const& where,
                                                 core::attempt_outcome const& outcome, instant now);

    dispatch_parts& parts_;
    std::shared_ptr<ports::sink> sink_;
    core::sink_terms terms_;
    std::optional<instant> certificate_ends_;
    due_bell bell_;
    slots slots_;
    core::breaker breaker_;
    delivery_records records_;
    core::retry_budget budget_;
    std::optional<core::token_bucket> rate_;
    std::optional<destinations> destinations_;
    core::attempt_outcome last_failure_;  ///< of those that say that the sink is ill
    instant last_failure_at_{};
    bool paused_{};         ///< as seen at the last claim
    instant resumed_at_{};  ///< when that changed
    bool well_{true};       ///< as last shown: its breaker was closed
    bool retired_{};
};

}  // namespace voicehook::flows
