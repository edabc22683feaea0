// GET /ops/v1/summary: the whole service on one screen; the event stream of operators shows the same.
#pragma once

#include "api/health.hpp"
#include "api/provider_record.hpp"
#include "api/summary_view.hpp"
#include "base/deadline.hpp"
#include "flows/announcer.hpp"
#include "flows/canary.hpp"
#include "flows/credits.hpp"
#include "flows/retain.hpp"
#include "http/router.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace voicehook::api {

/// This process, as it introduces itself.
struct summary_settings {
    std::string version;
    lease_owner owner;
    instant since;                                    ///< since when it counts
    std::function<std::size_t()> provider_in_flight;  ///< submissions under way
    std::function<std::optional<flows::credits_reading>()> credits;
    std::function<std::optional<flows::canary_state>()> canary;
    std::function<std::map<sink_name, flows::sink_health>()> sinks;  ///< that are served
};

/// One thread; the referenced parts must outlive it. Whatever is asked, the store is read once per call at most, and
/// for any number of event streams once a second at most.
class summary {
public:
    summary(asio::any_io_executor executor, ports::store& store, ports::clock& clock, telemetry::metrics& metrics,
            health& readiness, flows::retain& retain, provider_record const& provider, summary_settings settings)
        : store_{store},
          clock_{clock},
          metrics_{metrics},
          health_{readiness},
          retain_{retain},
          provider_{provider},
          settings_{std::move(settings)},
          shared_ready_{executor} {}

    [[nodiscard]] std::vector<http::route> routes();

    /// What is true now, for `who`.
    [[nodiscard]] awaitable<result<std::string>> render(std::string who);
    /// What was true within the last second, for `who`: who asks at the same time shares one reading.
    [[nodiscard]] awaitable<result<std::string>> render_shared(std::string who);

private:
    struct reading_end;
    [[nodiscard]] awaitable<http::response> answer(http::request item);
    [[nodiscard]] awaitable<result<std::string>> render_audited(std::string who);
    [[nodiscard]] awaitable<result<std::string>> read();
    [[nodiscard]] awaitable<process_view> look_around();

    ports::store& store_;
    ports::clock& clock_;
    telemetry::metrics& metrics_;
    health& health_;
    flows::retain& retain_;
    provider_record const& provider_;
    summary_settings settings_;
    result<std::string> shared_{fail(errc::stopping, "read the summary")};
    deadline shared_until_{deadline::in(duration::zero())};
    bool reading_{};
    asio::steady_timer shared_ready_;  ///< runs until the reading under way is done: everybody who asks waits for it
};

}  // namespace voicehook::api
