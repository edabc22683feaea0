// GET /livez and /readyz, on every listener.
#pragma once

#include "http/router.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <vector>

namespace voicehook::api {

/// Liveness never looks at dependencies. Ready means: a callback could be made durable now. One thread.
class health {
public:
    health(ports::store& store, telemetry::metrics& metrics) : store_{store}, metrics_{metrics} {}

    [[nodiscard]] std::vector<http::route> routes();

    /// From now on unready, for good: the service is going down, or its store has failed.
    void give_up(std::string reason) { given_up_ = std::move(reason); }
    [[nodiscard]] bool gave_up() const noexcept { return !given_up_.empty(); }

private:
    [[nodiscard]] static awaitable<http::response> live(http::request item);
    [[nodiscard]] awaitable<http::response> ready(http::request item);

    ports::store& store_;
    telemetry::metrics& metrics_;
    std::string given_up_;
};

}  // namespace voicehook::api
