// The verb "dispatch": take what is due for each sink, deliver it, write down what became of it.
#pragma once

#include "async/nursery.hpp"
#include "base/deadline.hpp"
#include "core/sink_terms.hpp"
#include "flows/activity.hpp"
#include "flows/announcer.hpp"
#include "ports/clock.hpp"
#include "ports/sink.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <memory>
#include <vector>

namespace voicehook::flows {

/// A sink and how it is to be treated.
struct served_sink {
    std::shared_ptr<ports::sink> sink;
    core::sink_terms terms{};
};

struct dispatch_settings {
    duration lease_margin{15s};  ///< how much longer than the sink's own limit a lease lasts
};

/// Per sink a queue, a worker and a cap of its own: a dead sink delays no other. One thread; what is referenced must
/// outlive it.
class dispatch {
public:
    dispatch(asio::any_io_executor executor, ports::store& store, ports::clock& clock, bells& workers,
             telemetry::metrics& metrics, activity& lately, lease_owner owner, dispatch_settings settings);
    ~dispatch();

    /// Serves these sinks from now on; attempts under way at replaced ones finish.
    void use_sinks(std::vector<served_sink> sinks);

    /// This process is one of so many: its part of each sink's `max_in_flight` from now on.
    void share_among(std::size_t replicas);

    void stop_claiming();
    [[nodiscard]] awaitable<void> finish(deadline until);

private:
    class sink_worker;

    ports::store& store_;
    ports::clock& clock_;
    bells& bells_;
    telemetry::metrics& metrics_;
    activity& activity_;
    lease_owner owner_;
    dispatch_settings settings_;
    std::size_t replicas_{1};
    std::vector<std::shared_ptr<sink_worker>> workers_;
    async::nursery loops_;
    async::nursery running_;
};

}  // namespace voicehook::flows
