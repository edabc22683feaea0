// A connection of the server and, over a real socket, the client's end of it.
#pragma once

#include "async/tls_context.hpp"
#include "http/connection.hpp"
#include "test_certificate.hpp"
#include "tls_peer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace voicehook::http {

class ConnectionFixture : public testing::Test {
protected:
    static constexpr auto everything = std::numeric_limits<std::size_t>::max();
    static constexpr auto one_piece = std::size_t{64 * 1024};

    /// Two connected sockets with small buffers: the server's and `wire_`.
    [[nodiscard]] asio::ip::tcp::socket connect();
    [[nodiscard]] std::unique_ptr<byte_stream> make_tls_stream();
    void serve_tls() { serve(make_tls_stream()); }
    void serve_plain() { serve(create_plain_stream(connect())); }
    void serve(std::unique_ptr<byte_stream> stream);
    /// TLS, and the handshake is done.
    void serve_greeted();

    /// Lets the client move its bytes, and the server do what it can.
    void step();
    /// Both until `condition` holds.
    template <class Condition>
    void wait_until(Condition condition) {
        auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > limit) throw std::runtime_error{"the awaited event did not come"};
            step();
        }
    }
    /// Begins an operation; its outcome is in what is returned, sooner or later.
    using outcome = std::shared_ptr<std::optional<arrival>>;
    [[nodiscard]] outcome begin(awaitable<arrival> operation);
    /// Until it has ended.
    arrival finish(outcome const& begun);
    arrival finish(awaitable<arrival> operation) { return finish(begin(std::move(operation))); }
    /// Says goodbye until that has ended.
    void part(deadline until);
    /// Reads until so many bytes have come; what came is consumed.
    [[nodiscard]] std::string read(std::size_t count);
    /// Sends all that the client has to send, and no more than that.
    void flush();

    asio::io_context io_{1};
    asio::ip::tcp::socket wire_{io_};
    test::scratch_directory scratch_;
    test::certificate_files files_{test::make_certificate(scratch_.path() / "server", "localhost")};
    std::shared_ptr<asio::ssl::context> context_{
        async::make_server_tls({files_.certificate, files_.key, {}}).value().context};
    std::optional<test::tls_peer> peer_{std::in_place};  ///< nothing: the test moves the bytes itself
    std::size_t sent_at_once_{one_piece};
    std::size_t read_at_once_{one_piece};
    std::shared_ptr<connection> served_;
};

}  // namespace voicehook::http
