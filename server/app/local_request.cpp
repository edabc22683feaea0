#include "app/local_request.hpp"

#include "ports/awaitable.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <charconv>
#include <exception>
#include <optional>
#include <utility>

namespace voicehook::app {
namespace {

using asio::ip::tcp;

constexpr std::size_t max_answer = 16 * 1024 * 1024;

struct place {
    std::string host;
    std::string port;

    [[nodiscard]] std::string text() const {
        return fmt::format("{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", port);
    }
};

/// "0.0.0.0:9464" is reached at 127.0.0.1, "[::]:9464" at ::1.
place reach(std::string_view listen) {
    auto const colon = listen.rfind(':');
    auto host = std::string{listen.substr(0, colon)};
    if (host.size() >= 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    if (host == "0.0.0.0" || host.empty()) host = "127.0.0.1";
    if (host == "::") host = "::1";
    return {host, std::string{listen.substr(colon + 1)}};
}

result<tcp::endpoint> endpoint_of(place const& where) {
    boost::system::error_code wrong;
    auto const address = asio::ip::make_address(where.host, wrong);
    std::uint16_t port{};
    auto const* const end = where.port.data() + where.port.size();
    if (wrong || std::from_chars(where.port.data(), end, port).ptr != end)
        return fail(errc::invalid, fmt::format("ops.listen: {} is no address with a port", where.text()));
    return tcp::endpoint{address, port};
}

result<local_answer> parse(std::string const& text) {
    auto const head_end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.") || head_end == std::string::npos || text.size() < 12)
        return fail(errc::protocol, "the listener did not answer with HTTP");
    local_answer answer;
    std::from_chars(text.data() + 9, text.data() + 12, answer.status);
    answer.body = text.substr(head_end + 4);
    return answer;
}

/// The answer ends with the connection, however that ends.
template <class Stream>
awaitable<std::string> converse(Stream& stream, std::string const& request) {
    co_await asio::async_write(stream, asio::buffer(request), asio::use_awaitable);
    std::string answer;
    boost::system::error_code ended;
    co_await asio::async_read(stream, asio::dynamic_buffer(answer, max_answer),
                              asio::redirect_error(asio::use_awaitable, ended));
    co_return answer;
}

awaitable<std::string> ask_plainly(tcp::endpoint where, std::string request) {
    tcp::socket socket{co_await asio::this_coro::executor};
    co_await socket.async_connect(where, asio::use_awaitable);
    auto answer = co_await converse(socket, request);
    co_return answer;
}

awaitable<std::string> ask_over_tls(tcp::endpoint where, std::string request) {
    asio::ssl::context trust{asio::ssl::context::tls_client};
    trust.set_verify_mode(asio::ssl::verify_none);
    asio::ssl::stream<tcp::socket> stream{co_await asio::this_coro::executor, trust};
    co_await stream.next_layer().async_connect(where, asio::use_awaitable);
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    auto answer = co_await converse(stream, request);
    co_return answer;
}

/// Nothing when it takes longer than `limit`; rethrows what `work` throws.
std::optional<std::string> run_for(duration limit, awaitable<std::string> work) {
    std::exception_ptr thrown;
    std::optional<std::string> answer;
    asio::io_context io{1};
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr const& error, std::string text) {
        thrown = error;
        answer = std::move(text);
    });
    io.run_for(limit);
    if (thrown) std::rethrow_exception(thrown);
    return answer;
}

}  // namespace

result<local_answer> ask_ops(config::settings const& settings, std::string method, std::string path, std::string body,
                             duration limit) {
    auto const where = reach(settings.ops.listen);
    auto const endpoint = endpoint_of(where);
    if (!endpoint) return std::unexpected{endpoint.error()};
    auto request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        method, path, where.text(), settings.ops.token.reveal(), body.size(), body);
    try {
        auto const answer = run_for(limit, settings.ops.tls.enabled() ? ask_over_tls(*endpoint, std::move(request))
                                                                      : ask_plainly(*endpoint, std::move(request)));
        if (answer) return parse(*answer);
        return fail(errc::timeout, fmt::format("the ops listener at {} did not answer in time", where.text()));
    } catch (boost::system::system_error const& error) {
        return fail(errc::refused,
                    fmt::format("reach the ops listener at {}: {}", where.text(), error.code().message()));
    }
}

}  // namespace voicehook::app
