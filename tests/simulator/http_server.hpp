// The inbound side: HTTP/1.1 over TLS or plain TCP, keep-alive, one coroutine per connection.
#pragma once

#include "tests/simulator/crew.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simulator {

/// A request as the routes see it.
struct http_request {
    std::string method;
    std::string path;   ///< without the query
    std::string query;  ///< after the question mark
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;

    /// The value of a field in any letter case; empty when it is missing.
    [[nodiscard]] std::string_view field(std::string_view name) const noexcept;
};

/// How an answer leaves: `reset` aborts the connection, `hang` waits until the client goes, `half` sends half of the
/// body before it does so.
enum class departure : std::uint8_t { whole, reset, hang, half };

/// An answer.
struct http_reply {
    unsigned status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> fields;
    departure how = departure::whole;
};

/// What a listener asks for each request. Must outlive the listener.
class http_routes {
public:
    virtual ~http_routes() = default;

    [[nodiscard]] virtual awaitable<http_reply> answer(http_request request) = 0;

    /// The answer for a body above `largest_body`, which nobody has read.
    [[nodiscard]] virtual http_reply too_large() = 0;
};

inline constexpr std::uint64_t largest_body = 1024 * 1024;

/// A listening socket and its sessions.
class http_listener {
public:
    virtual ~http_listener() = default;

    /// The port that is bound, also when 0 was asked for.
    [[nodiscard]] virtual std::uint16_t port() const = 0;

    /// Accepts until cancelled; sessions run in the crew.
    [[nodiscard]] virtual awaitable<void> serve() = 0;
};

/// Binds at once; throws `boost::system::system_error` when that fails. Without `tls` it speaks plain HTTP.
[[nodiscard]] std::unique_ptr<http_listener> create_http_listener(crew& workers, asio::ip::tcp::endpoint const& where,
                                                                  asio::ssl::context* tls, http_routes& routes);

}  // namespace simulator
