// Sends one HTTPS request and reads one bounded answer; connections are kept and reused per host.
#pragma once

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "core/address.hpp"
#include "ports/awaitable.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::async {
class resolver_pool;
}

namespace voicehook::client {

/// Whether resolved addresses are checked: the operator's own URLs may be internal, a caller's may not.
enum class address_guard : unsigned char { allow_internal = 1, refuse_internal };

/// What the answer's body is for.
enum class body_use : unsigned char {
    keep = 1,
    drop,     ///< only status and headers count: a body that is too large, cut short or slow is no failure. Its first
              ///< `kept_of_dropped` bytes are kept, for people
    hand_on,  ///< of a 2xx answer to `on_body`, piece by piece; of any other as `drop`
};
inline constexpr std::size_t kept_of_dropped = 512;

/// Takes the next piece of a body; its failure ends the exchange and is that of the exchange. `piece` lives until it
/// returns. What it does is within the exchange's time.
using body_consumer = std::function<awaitable<result<void>>(std::string_view piece)>;

/// A limit for each phase; the sum is capped by `total`.
struct exchange_timeouts {
    duration resolve{5s};
    duration connect{5s};
    duration tunnel{10s};  ///< for a proxy to resolve and reach the target
    duration handshake{5s};
    duration total{15s};
};

/// An HTTP proxy on the way out: it is asked for a tunnel (CONNECT) to http and https targets alike and resolves their
/// names. TLS is with the target, through it.
struct egress_proxy {
    core::url_parts url;   ///< http: only its host and port count
    secret authorization;  ///< the value of Proxy-Authorization; empty: none
};

struct outbound_request {
    std::string method{"GET"};
    core::url_parts url;
    /// Names and values are checked before anything is sent: a name that is no token, one that the exchange sets itself
    /// (Host, Connection, Content-Length …) or a value with a control character refuses the exchange with `invalid`.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    exchange_timeouts timeouts;
    std::size_t max_response_body{1024 * 1024};
    body_use answer_body{body_use::keep};
    body_consumer on_body;  ///< for `hand_on`
    address_guard guard{address_guard::allow_internal};
    /// Without it the target is connected to. With `refuse_internal` it is refused: nobody could check what the proxy
    /// resolves.
    std::optional<egress_proxy> proxy;
};

struct outbound_response {
    int status{};
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The value of the first header called `name`, in any letter case.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// Why there is no answer, and whether a byte of the request may have reached the peer: only `not_sent` may be repeated
/// freely. A kept connection that turns out to be closed before anything was sent is replaced silently.
struct exchange_failure {
    failure why;
    enum class request : unsigned char { not_sent = 1, perhaps_sent } sent{request::perhaps_sent};
};

struct client_settings {
    std::size_t max_idle_per_host{32};
    std::size_t max_idle{512};
    duration idle_for{30s};
    std::string user_agent{"voicehook"};
};

/// The outbound side for one trust store. One thread. No redirects are followed, ever.
class http_client {
public:
    virtual ~http_client() = default;

    /// One exchange. An answer of any status is an answer. Failures: `invalid`, `forbidden`, `dns`, `refused`, `tls`,
    /// `timeout`, `reset`, `protocol`, `too_large`, and `stopping` when cancelled; a proxy that refuses the tunnel is
    /// `refused`. A GET or HEAD that failed on a kept connection before any byte of an answer came is sent once more on
    /// a new one.
    [[nodiscard]] virtual awaitable<std::expected<outbound_response, exchange_failure>> send(
        outbound_request request) = 0;
    /// Closes kept connections.
    virtual void close_idle() = 0;
};

/// `resolver` must outlive the client.
[[nodiscard]] std::unique_ptr<http_client> create_http_client(asio::any_io_executor executor,
                                                              async::resolver_pool& resolver,
                                                              std::shared_ptr<asio::ssl::context> trust,
                                                              client_settings settings);

}  // namespace voicehook::client
