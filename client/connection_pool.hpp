// Connections that are open and unused, by where they lead.
#pragma once

#include "base/time.hpp"
#include "client/connection.hpp"
#include "client/http_client.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

namespace voicehook::client {

/// Where a connection leads and under which guard it was made: an internal peer that an operator's URL may reach must
/// never be lent to a URL that may not.
struct origin {
    std::string scheme;
    std::string host;
    std::string port;
    address_guard guard{};
    std::string proxy;  ///< empty: none; else where it is and as whom we use it
    friend auto operator<=>(origin const&, origin const&) = default;
};

/// Keeps a bounded number of connections for a bounded time. Expired ones are closed whenever the pool is used.
class connection_pool {
public:
    connection_pool(std::size_t max_per_origin, std::size_t max_total, duration keep_for);

    /// The most recently used connection that is still open and silent, or null.
    [[nodiscard]] std::unique_ptr<connection> take(origin const& to);
    void give_back(origin const& to, std::unique_ptr<connection> item);
    void clear();
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    using clock = std::chrono::steady_clock;
    struct kept {
        std::unique_ptr<connection> item;
        clock::time_point expires;
    };

    void drop_expired();
    void drop_oldest();

    std::size_t max_per_origin_;
    std::size_t max_total_;
    duration keep_for_;
    std::size_t size_{};
    std::map<origin, std::deque<kept>> idle_;  ///< newest last
};

}  // namespace voicehook::client
