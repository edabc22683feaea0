// A listener with a few routes on a loopback port, and counters for what it tells.
#pragma once

#include "http/listener.hpp"
#include "wire_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::http {

/// GET /hello, /hang, /throw, /inject, /large, /no-content, /events, /open-events, /values/{a}; POST /echo (at most
/// 1000 bytes), /json (the same, of JSON), /admit (with X-Ok only), /throw; the path /guarded and all below is refused
/// with 401.
class ListenerFixture : public testing::Test {
protected:
    ListenerFixture();
    ~ListenerFixture() override;

    void start(listener_limits limits = {}, std::vector<std::string> trusted_proxies = {}, tls_source tls = {},
               proxy_protocol proxy = proxy_protocol::off);
    /// Ends every session and the listener.
    void stop();
    test::wire_client connect();
    /// Connects, sends and reads one answer.
    test::wire_answer ask(std::string_view bytes);
    [[nodiscard]] std::size_t rejected(std::string_view reason) const;
    /// Lets the listener use what has arrived.
    void settle();
    /// Runs the listener until `condition` holds.
    template <class Condition>
    void wait_until(Condition condition) {
        auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (!condition() && io_.run_one_until(limit) != 0) {}
        ASSERT_TRUE(condition()) << "the awaited event did not come";
    }

    asio::io_context io_{1};
    std::map<std::string, std::size_t, std::less<>> rejected_;
    std::vector<std::string> answered_;                       ///< "<pattern> <status>"
    std::vector<std::pair<std::string, int>> body_refusals_;  ///< path and status
    std::ptrdiff_t connections_{};
    std::size_t hanging_{};        ///< times /hang and /open-events have begun to wait
    asio::steady_timer released_;  ///< cancelled: /hang and /open-events go on
    std::unique_ptr<router> routes_;
    std::unique_ptr<listener> listener_;

private:
    [[nodiscard]] std::vector<route> make_routes();
    [[nodiscard]] awaitable<response> hang(request item);
    [[nodiscard]] awaitable<void> write_until_ended(stream_writer& out);
};

}  // namespace voicehook::http
