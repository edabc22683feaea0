// The verb "dispatch": take what is due for each sink, deliver it, write down what became of it.
#pragma once

#include "base/deadline.hpp"
#include "core/sink_terms.hpp"
#include "flows/activity.hpp"
#include "flows/announcer.hpp"
#include "ports/clock.hpp"
#include "ports/sink.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::flows {

/// A sink and how it is to be treated.
struct served_sink {
    std::shared_ptr<ports::sink> sink;
    core::sink_terms terms{};
    std::optional<instant> certificate_ends{};  ///< of the certificate that it shows; nothing: it shows none
};

/// How a sink is, as this process knows it.
struct sink_health {
    core::breaker_state breaker{core::breaker_state::closed};
    std::string problem;  ///< of the last failed attempt, while the breaker is not closed
    std::optional<instant> next_probe;
    std::size_t in_flight{};
    std::size_t ill_destinations{};  ///< of a sink that has many
};

struct dispatch_settings {
    duration lease_margin{15s};  ///< how much longer than the sink's own limit a lease lasts
};

/// Per sink a queue, a worker, a cap, a breaker and a retry budget of its own: a dead sink delays no other. One thread;
/// what is referenced must outlive it.
class dispatch {
public:
    dispatch(asio::any_io_executor executor, ports::store& store, ports::clock& clock, bells& workers,
             telemetry::metrics& metrics, activity& lately, lease_owner owner, dispatch_settings settings);
    ~dispatch();

    /// Serves these sinks from now on; attempts under way at replaced ones finish.
    void use_sinks(std::vector<served_sink> sinks);

    /// This process is one of so many: its part of each sink's `max_in_flight` and rate from now on.
    void share_among(std::size_t replicas);

    /// Of every sink that is served.
    [[nodiscard]] std::map<sink_name, sink_health> health() const;

    void stop_claiming();
    [[nodiscard]] awaitable<void> finish(deadline until);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace voicehook::flows
