// Serves the requests of one connection, one after the other.
#pragma once

#include "http/byte_stream.hpp"
#include "http/listener.hpp"
#include "http/networks.hpp"
#include "http/rejections.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace voicehook::http {

/// What all sessions of one listener share.
struct session_context {
    listener_settings settings;
    router const& routes;
    listener_observer observer;
    std::vector<network> trusted_proxies{};
    bool sending_away{};  ///< answers end their connections
    bool draining{};

    void reject(std::string_view reason) const {
        if (observer.rejected) observer.rejected(reason);
    }
    template <named Reason>
    void reject(Reason reason) const {
        reject(to_text(reason));
    }
};

/// Who is at the other end of a connection, and whether X-Forwarded-For may say more of that.
struct introduction {
    enum class forwarding : std::uint8_t {
        by_trust = 1,  ///< when `peer` is a trusted proxy
        ignored,       ///< a load balancer did not tell for whom it speaks: that may be anybody's header
    };
    asio::ip::address peer;
    forwarding forwarded{forwarding::by_trust};
};

class session {
public:
    virtual ~session() = default;
    /// Reads the PROXY header of a trusted proxy's connection, once and before `serve`. From then on the client is the
    /// one that it tells, if any. False: the connection has ended, and why is counted.
    [[nodiscard]] virtual awaitable<bool> take_proxy_header() = 0;
    /// Whose connection it is.
    [[nodiscard]] virtual asio::ip::address const& peer() const = 0;
    /// Returns when the connection has ended. To be called once.
    [[nodiscard]] virtual awaitable<void> serve() = 0;
    /// Closes the connection if it waits for a request; else its answer is the last one. Call it once the context
    /// drains.
    virtual void drain() = 0;
    /// Since when it has been between two requests, with nothing of the next received. Nothing: it is at work, waits
    /// for its first request, or was aborted.
    [[nodiscard]] virtual std::optional<deadline::clock::time_point> idle_since() const = 0;
    /// Closes the connection now; `serve` returns when the handler under way, if any, has.
    virtual void abort() = 0;
};

[[nodiscard]] std::shared_ptr<session> create_session(asio::any_io_executor executor,
                                                      std::shared_ptr<session_context const> context,
                                                      std::unique_ptr<byte_stream> stream, asio::ip::address peer);

}  // namespace voicehook::http
