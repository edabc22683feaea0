#include "tests/simulator/http_server.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <array>

namespace simulator {
namespace {

using namespace std::chrono_literals;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;

constexpr auto settled = asio::as_tuple(asio::use_awaitable);
constexpr auto idle_limit = 120s;
constexpr auto write_limit = 30s;
constexpr auto hang_limit = 10min;
constexpr auto refusal_limit = 2s;
constexpr std::size_t read_buffer_limit = 64 * 1024;

enum class next_step : std::uint8_t { keep_alive, close };

http_request request_from(http::request<http::string_body>&& message) {
    auto const target = std::string{message.target()};
    auto const question = target.find('?');
    auto result = http_request{.method = std::string{message.method_string()},
                               .path = target.substr(0, question),
                               .query = question == std::string::npos ? "" : target.substr(question + 1)};
    for (auto const& one : message) {
        result.fields.emplace_back(std::string{one.name_string()}, std::string{one.value()});
    }
    result.body = std::move(message.body());
    return result;
}

http::response<http::string_body> message_from(http_reply&& reply, unsigned version, next_step after) {
    auto message = http::response<http::string_body>{static_cast<http::status>(reply.status), version};
    message.set(http::field::content_type, reply.content_type);
    for (auto const& [name, value] : reply.fields) message.set(name, value);
    message.body() = std::move(reply.body);
    message.keep_alive(after == next_step::keep_alive);
    message.prepare_payload();
    return message;
}

template <class Stream>
awaitable<void> wait_for_departure(Stream& stream) {
    auto scratch = std::array<char, 512>{};
    beast::get_lowest_layer(stream).expires_after(hang_limit);
    for (;;) {
        auto const [failed, size] = co_await stream.async_read_some(asio::buffer(scratch), settled);
        if (failed) co_return;
    }
}

// Reads what the client still sends, so that it gets to see the answer that came too early.
template <class Stream>
awaitable<void> throw_away(Stream& stream) {
    auto scratch = std::vector<char>(read_buffer_limit);
    beast::get_lowest_layer(stream).expires_after(refusal_limit);
    for (auto read = std::uint64_t{0}; read < 4 * largest_body;) {
        auto const [failed, size] = co_await stream.async_read_some(asio::buffer(scratch), settled);
        if (failed) co_return;
        read += size;
    }
}

template <class Stream>
void reset_connection(Stream& stream) {
    auto ignored = boost::system::error_code{};
    auto& socket = beast::get_lowest_layer(stream).socket();
    socket.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket.close(ignored);
}

template <class Stream>
awaitable<void> send_half(Stream& stream, http_reply const& reply) {
    auto text = fmt::format("HTTP/1.1 {} \r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n", reply.status,
                            reply.content_type, reply.body.size());
    text += std::string_view{reply.body}.substr(0, reply.body.size() / 2);
    beast::get_lowest_layer(stream).expires_after(write_limit);
    co_await asio::async_write(stream, asio::buffer(text), settled);
}

template <class Stream>
awaitable<next_step> send(Stream& stream, http_reply reply, unsigned version, next_step after) {
    switch (reply.how) {
        case departure::reset: reset_connection(stream); co_return next_step::close;
        case departure::half: co_await send_half(stream, reply); [[fallthrough]];
        case departure::hang: co_await wait_for_departure(stream); co_return next_step::close;
        case departure::whole: break;
    }
    auto const message = message_from(std::move(reply), version, after);
    beast::get_lowest_layer(stream).expires_after(write_limit);
    auto const [failed, size] = co_await http::async_write(stream, message, settled);
    co_return failed ? next_step::close : after;
}

template <class Stream>
awaitable<next_step> serve_one(Stream& stream, beast::flat_buffer& buffer, http_routes& routes) {
    auto parser = http::request_parser<http::string_body>{};
    parser.body_limit(largest_body);
    beast::get_lowest_layer(stream).expires_after(idle_limit);
    auto const [failed, size] = co_await http::async_read(stream, buffer, parser, settled);
    if (failed == http::error::body_limit) {
        auto refused = routes.too_large();
        co_await send(stream, std::move(refused), 11, next_step::close);
        co_await throw_away(stream);
        co_return next_step::close;
    }
    if (failed) co_return next_step::close;

    auto const after = parser.keep_alive() ? next_step::keep_alive : next_step::close;
    auto const version = parser.get().version();
    beast::get_lowest_layer(stream).expires_never();
    auto request = request_from(parser.release());
    auto reply = co_await routes.answer(std::move(request));
    co_return co_await send(stream, std::move(reply), version, after);
}

template <class Stream>
awaitable<void> serve_all(Stream& stream, http_routes& routes) {
    auto buffer = beast::flat_buffer{read_buffer_limit};
    for (;;) {
        auto const after = co_await serve_one(stream, buffer, routes);
        if (after == next_step::close) co_return;
    }
}

awaitable<void> plain_session(tcp::socket peer, http_routes& routes) {
    auto stream = beast::tcp_stream{std::move(peer)};
    co_await serve_all(stream, routes);
}

awaitable<void> tls_session(tcp::socket peer, asio::ssl::context& tls, http_routes& routes) {
    auto stream = tls_stream{beast::tcp_stream{std::move(peer)}, tls};
    stream.next_layer().expires_after(write_limit);
    auto const [failed] = co_await stream.async_handshake(asio::ssl::stream_base::server, settled);
    if (failed) co_return;
    co_await serve_all(stream, routes);
    if (!stream.next_layer().socket().is_open()) co_return;
    stream.next_layer().expires_after(1s);
    co_await stream.async_shutdown(settled);
}

class listener final : public http_listener {
public:
    listener(crew& workers, tcp::endpoint const& where, asio::ssl::context* tls, http_routes& routes)
        : workers_{workers}, acceptor_{workers.executor(), where, true}, tls_{tls}, routes_{routes} {}

    std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

    awaitable<void> serve() override {
        for (;;) {
            auto [failed, peer] = co_await acceptor_.async_accept(settled);
            if (failed == asio::error::operation_aborted) co_return;
            if (failed) {
                co_await pause(50ms);
                continue;
            }
            auto ignored = boost::system::error_code{};
            peer.set_option(tcp::no_delay{true}, ignored);
            if (tls_ != nullptr) {
                workers_.spawn(tls_session(std::move(peer), *tls_, routes_));
            } else {
                workers_.spawn(plain_session(std::move(peer), routes_));
            }
        }
    }

private:
    crew& workers_;
    tcp::acceptor acceptor_;
    asio::ssl::context* tls_;
    http_routes& routes_;
};

}  // namespace

std::string_view http_request::field(std::string_view name) const noexcept {
    for (auto const& [key, value] : fields) {
        if (beast::iequals(key, name)) return value;
    }
    return {};
}

std::unique_ptr<http_listener> create_http_listener(crew& workers, tcp::endpoint const& where, asio::ssl::context* tls,
                                                    http_routes& routes) {
    return std::make_unique<listener>(workers, where, tls, routes);
}

}  // namespace simulator
