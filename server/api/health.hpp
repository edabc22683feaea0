// GET /livez and /readyz, on every listener.
#pragma once

#include "async/nursery.hpp"
#include "base/deadline.hpp"
#include "http/router.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/steady_timer.hpp>

#include <string>
#include <vector>

namespace voicehook::api {

/// Liveness never looks at dependencies. Ready means: a callback could be made durable now. Strangers may ask as often
/// as they like: one probe of the store runs at a time, and its outcome holds for a moment. A store that says nothing
/// makes it unready as well: nobody waits for it longer than that. One thread.
class health {
public:
    health(asio::any_io_executor executor, ports::store& store, telemetry::metrics& metrics)
        : store_{store}, metrics_{metrics}, probed_{executor}, probes_{executor} {}

    [[nodiscard]] std::vector<http::route> routes();

    /// From now on unready, for good: the service is going down, or its store has failed.
    void give_up(std::string reason) { given_up_ = std::move(reason); }
    [[nodiscard]] bool gave_up() const noexcept { return !given_up_.empty(); }
    /// Why no callback could be made durable now; empty: ready.
    [[nodiscard]] awaitable<std::string> why_unready();
    /// Waits for a probe under way.
    [[nodiscard]] awaitable<void> finish();

private:
    [[nodiscard]] static awaitable<http::response> live(http::request item);
    [[nodiscard]] awaitable<http::response> ready(http::request item);
    struct probe_end;
    void begin_probe();
    [[nodiscard]] awaitable<void> probe();

    ports::store& store_;
    telemetry::metrics& metrics_;
    std::string given_up_;
    std::string unready_because_;  ///< the last probe's outcome; empty: ready
    bool probing_{};
    deadline probed_until_{deadline::in(duration::zero())};  ///< how long that outcome holds
    deadline probe_due_{deadline::in(duration::zero())};     ///< when a probe under way has taken too long
    asio::steady_timer probed_;  ///< runs until then, or until the probe is done: everybody who asks waits for it
    async::nursery probes_;
};

}  // namespace voicehook::api
