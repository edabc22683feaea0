// Accepts connections on one address and serves them through a router.
#pragma once

#include "base/deadline.hpp"
#include "base/failure.hpp"
#include "base/time.hpp"
#include "http/exchange.hpp"
#include "http/router.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::http {

/// Limits of one listener; a phase that takes longer ends the connection.
struct listener_limits {
    std::size_t max_header_bytes{16 * 1024};
    std::size_t max_connections{4096};  ///< a new one takes the place of the one that was idle longest, if one is idle
    std::size_t max_connections_per_address{256};  ///< by IPv4 address or IPv6 /64; trusted proxies are exempt
    duration handshake{10s};                       ///< with the PROXY header before it
    duration header{10s};                          ///< from the first byte of a request to the end of its header block
    duration body{20s};
    duration handler{90s};
    duration write{20s};
    duration idle{75s};  ///< between requests
};

/// Hooks for counting; called on the network thread. Any may be empty.
struct listener_observer {
    std::function<void(std::string_view reason)>
        rejected;  ///< a reason of wire_gate or refusal_reason, connection_cap, timeout_…
    std::function<void(std::string_view route, int status, duration took)> answered;
    std::function<void(std::ptrdiff_t change)> connections;
};

/// Whether connections begin with a PROXY header.
enum class proxy_protocol : std::uint8_t {
    off = 1,
    required,  ///< those of trusted proxies do, or they are closed; nobody else's is looked at for one
};

struct listener_settings {
    std::string name;                          ///< "public", "api", "ops"
    std::string address;                       ///< "0.0.0.0:8443", "[::]:8443"; port 0 takes any
    std::vector<std::string> trusted_proxies;  ///< CIDR
    listener_limits limits;
    proxy_protocol proxy{proxy_protocol::off};
};

/// Gives the TLS context for new connections, so that a reload changes it; null: plain HTTP.
using tls_source = std::function<std::shared_ptr<boost::asio::ssl::context>()>;

/// One listening socket and its sessions. All on one thread. To be destroyed after `drained`, or when the io_context
/// runs no more.
class listener {
public:
    virtual ~listener() = default;

    /// Binds and listens, then serves until stopped. `invalid` for a bad address, `conflict` for a port in use:
    /// the failure says which key of the configuration to change.
    [[nodiscard]] virtual result<void> start() = 0;
    /// The bound port.
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    /// From now on each answer is the last of its connection, so that clients come back over a new one, which a load
    /// balancer gives to somebody else. Everything is served as before.
    virtual void send_away() = 0;
    /// No new connections; open ones finish their request with `Connection: close`, idle ones close, streams end.
    virtual void stop_accepting() = 0;
    /// Waits until every session has ended, at the latest until `until`, then ends the rest.
    [[nodiscard]] virtual awaitable<void> drained(deadline until) = 0;
    /// True after stop_accepting: long polls answer with what is known.
    [[nodiscard]] virtual bool draining() const = 0;
};

/// `routes` must outlive the listener.
[[nodiscard]] std::unique_ptr<listener> create_listener(asio::any_io_executor executor, listener_settings settings,
                                                        router const& routes, tls_source tls,
                                                        listener_observer observer);

}  // namespace voicehook::http
