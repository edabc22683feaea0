// What follows a durable change of a task: who is told, who is woken, what is counted and logged.
#pragma once

#include "core/poll_plan.hpp"
#include "flows/activity.hpp"
#include "flows/due_bell.hpp"
#include "flows/outbox.hpp"
#include "flows/task_watch.hpp"
#include "ports/store_types.hpp"
#include "telemetry/metrics.hpp"

#include <map>
#include <string>
#include <vector>

namespace voicehook::flows {

/// The bells of the workers, by what they wait for.
class bells {
public:
    explicit bells(ports::clock& clock) : submissions{clock}, queries{clock} {}

    due_bell submissions;
    due_bell queries;

    /// A sink's worker lends its bell for as long as it runs.
    void add_sink(sink_name const& name, due_bell& bell) { sinks_[name] = &bell; }
    void remove_sink(sink_name const& name, due_bell const& bell);
    /// Something is due for this sink at `due`. Nobody serves it: no effect.
    void ring_sink(sink_name const& name, instant due);
    void ring_every_sink(instant due);
    [[nodiscard]] std::vector<sink_name> sinks() const;
    [[nodiscard]] bool serves(sink_name const& name) const { return sinks_.contains(name); }

private:
    std::map<sink_name, due_bell*> sinks_;
};

/// Called by every flow after the store has made a transition durable. One thread.
class announcer {
public:
    announcer(bells& workers, task_watch& watch, outbox const& routing, telemetry::metrics& metrics, activity& lately)
        : bells_{workers}, watch_{watch}, outbox_{routing}, metrics_{metrics}, activity_{lately} {}

    /// A task is new.
    void announce_acceptance(core::task const& item);
    void announce(ports::transition const& change, instant now);

private:
    void announce_end(core::task const& item, instant now);
    void announce_unrouted(core::task const& item, instant now);
    void announce_dispute(core::task const& item, instant now);
    void note(happening kind, core::task const& item, instant now, std::string detail);

    bells& bells_;
    task_watch& watch_;
    outbox const& outbox_;
    telemetry::metrics& metrics_;
    activity& activity_;
};

}  // namespace voicehook::flows
