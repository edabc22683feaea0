#include "app/local_request.hpp"

#include <sys/socket.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>
#include <charconv>

namespace voicehook::app {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto limit = 5s;
constexpr std::size_t max_answer = 16 * 1024 * 1024;

struct place {
    std::string host;
    std::string port;
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

void limit_waiting(tcp::socket& socket) {
    timeval const span{.tv_sec = std::chrono::seconds{limit}.count(), .tv_usec = 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &span, sizeof span);
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &span, sizeof span);
}

template <class Stream>
std::string exchange(Stream& stream, std::string const& request) {
    boost::system::error_code ended;
    asio::write(stream, asio::buffer(request), ended);
    std::string answer;
    if (!ended) asio::read(stream, asio::dynamic_buffer(answer, max_answer), ended);
    return answer;
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

}  // namespace

result<local_answer> ask_ops(config::settings const& settings, std::string method, std::string path, std::string body) {
    auto const where = reach(settings.ops.listen);
    auto const request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Type: "
        "application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        method, path, where.host.find(':') == std::string::npos ? where.host : "[" + where.host + "]",
        settings.ops.token.reveal(), body.size(), body);
    try {
        asio::io_context io{1};
        tcp::resolver resolver{io};
        if (!settings.ops.tls.enabled()) {
            tcp::socket socket{io};
            asio::connect(socket, resolver.resolve(where.host, where.port));
            limit_waiting(socket);
            return parse(exchange(socket, request));
        }
        asio::ssl::context trust{asio::ssl::context::tls_client};
        trust.set_verify_mode(asio::ssl::verify_none);
        asio::ssl::stream<tcp::socket> stream{io, trust};
        asio::connect(stream.next_layer(), resolver.resolve(where.host, where.port));
        limit_waiting(stream.next_layer());
        stream.handshake(asio::ssl::stream_base::client);
        return parse(exchange(stream, request));
    } catch (boost::system::system_error const& error) {
        return fail(errc::refused,
                    fmt::format("reach the ops listener at {}:{}: {}", where.host, where.port, error.code().message()));
    }
}

}  // namespace voicehook::app
