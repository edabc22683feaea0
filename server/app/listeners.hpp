// The three listeners, their certificates and their route tables.
#pragma once

#include "async/tls_context.hpp"
#include "base/deadline.hpp"
#include "base/failure.hpp"
#include "config/settings.hpp"
#include "http/listener.hpp"
#include "http/router.hpp"
#include "ports/awaitable.hpp"
#include "telemetry/metrics.hpp"

#include <memory>
#include <vector>

namespace voicehook::app {

/// What each listener serves.
struct route_tables {
    std::vector<http::route> public_routes;
    std::vector<http::route> api_routes;
    std::vector<http::guard> api_guards;
    std::vector<http::route> ops_routes;
    std::vector<http::guard> ops_guards;
};

/// The certificates of the three listeners; read together, so that a reload takes all or nothing.
struct certificates {
    async::server_tls public_listener, api, ops;  ///< without a context: plain HTTP
};
/// The failure names the key of the configuration.
[[nodiscard]] result<certificates> read_certificates(config::settings const& from);

class listeners {
public:
    /// Each takes at most `max_connections`.
    listeners(asio::any_io_executor executor, config::settings const& settings, std::size_t max_connections,
              route_tables tables, certificates first, telemetry::metrics& metrics);

    /// Binds all three; the failure names the key of the configuration.
    [[nodiscard]] result<void> start();
    /// New connections get these.
    void use(certificates fresh);
    void send_away();
    void stop_accepting();
    [[nodiscard]] awaitable<void> drained(deadline until);

    [[nodiscard]] std::uint16_t public_port() const { return public_->port(); }
    [[nodiscard]] std::uint16_t api_port() const { return api_->port(); }
    [[nodiscard]] std::uint16_t ops_port() const { return ops_->port(); }

private:
    [[nodiscard]] std::unique_ptr<http::listener> make(http::listener_settings settings, http::router const& routes,
                                                       async::server_tls certificates::* which);
    void show_expiry();

    asio::any_io_executor executor_;
    telemetry::metrics& metrics_;
    std::shared_ptr<certificates> certificates_;
    http::router public_routes_, api_routes_, ops_routes_;
    std::unique_ptr<http::listener> public_, api_, ops_;
};

}  // namespace voicehook::app
