#include "client/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace voicehook::client {

namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

bool is_address(std::string const& host) {
    auto not_one = error_code{};
    static_cast<void>(asio::ip::make_address(host, not_one));
    return !not_one;
}

/// Makes OpenSSL refuse a certificate that does not name `host`, and tells the peer which name we want (not for
/// addresses: RFC 6066, 3).
bool expect_host(SSL* session, std::string const& host) {
    if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1;
    auto const name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(session, name.c_str()) == 1 && SSL_set_tlsext_host_name(session, name.c_str()) == 1;
}

std::string why_not_trusted(SSL const* session, error_code error) {
    auto const verdict = SSL_get_verify_result(session);
    return verdict == X509_V_OK ? error.message() : X509_verify_cert_error_string(verdict);
}

/// Whether TLS records that arrived with the last answer are still unread, or the peer said goodbye in them.
bool has_unread(SSL* session) {
    auto byte = char{};
    ERR_clear_error();
    auto const got = SSL_peek(session, &byte, 1);
    auto const waits = got <= 0 && SSL_get_error(session, got) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return !waits;
}

void set_option(tcp::socket& socket, int level, int name, int value) {
    static_cast<void>(::setsockopt(socket.native_handle(), level, name, &value, sizeof(value)));
}

/// Sends at once, and shows now and then that an idle connection still is one: what stands between forgets those that
/// are silent, and a peer that vanished is noticed within two minutes rather than by the next request.
void set_up(tcp::socket& socket) {
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

bool peer_is_gone(error_code error) {
    return error == asio::error::eof || error == asio::error::connection_reset ||
           error == asio::error::connection_aborted || error == asio::error::broken_pipe ||
           error == asio::error::not_connected || error == asio::ssl::error::stream_truncated;
}

}  // namespace

struct connection::state {
    tcp::socket socket;
    std::optional<asio::ssl::stream<tcp::socket&>> tls;
    asio::steady_timer timer;
    unsigned limits_set{};  ///< tells a limit that still holds from one that was replaced
    bool expired{};

    explicit state(asio::any_io_executor const& executor) : socket{executor}, timer{executor} {}

    void close() {
        auto ignored = error_code{};
        socket.close(ignored);
    }
};

connection::connection(asio::any_io_executor const& executor) : state_{std::make_shared<state>(executor)} {}

connection::~connection() {
    lift_limit();
    state_->close();
}

void connection::limit(deadline until) {
    auto const number = ++state_->limits_set;
    state_->expired = false;
    state_->timer.expires_at(until.moment());
    state_->timer.async_wait([known = std::weak_ptr{state_}, number](error_code error) {
        auto const held = known.lock();
        if (error || !held || held->limits_set != number) return;
        held->expired = true;
        held->close();
    });
}

void connection::lift_limit() {
    ++state_->limits_set;
    state_->timer.cancel();
}

awaitable<result<void>> connection::connect(std::vector<tcp::endpoint> const& endpoints, deadline until) {
    auto last = failure{errc::refused, "connect: no address to connect to"};
    for (std::size_t index = 0; index < endpoints.size(); ++index) {
        auto const share = until.left() / static_cast<duration::rep>(endpoints.size() - index);
        limit(until.within(share));
        auto const [error] = co_await state_->socket.async_connect(endpoints[index], as_result);
        lift_limit();
        if (!error && !state_->expired) {
            set_up(state_->socket);
            co_return result<void>{};
        }
        auto const doing = fmt::format("connect to {}", endpoints[index].address().to_string());
        last = explain(error, doing);
        state_->close();
        if (last.code == errc::stopping) break;
        if (last.code == errc::protocol) last.code = errc::refused;
    }
    co_return unexpected{std::move(last)};
}

awaitable<result<void>> connection::handshake(asio::ssl::context& trust, std::string const& host, deadline until) {
    auto& stream = state_->tls.emplace(state_->socket, trust);
    auto* const session = stream.native_handle();
    auto unset = error_code{};
    stream.set_verify_mode(asio::ssl::verify_peer, unset);
    if (unset || !expect_host(session, host)) co_return fail(errc::tls, "prepare the verification of " + host);

    auto const shaken = co_await shake_hands(host, until);
    co_return shaken;
}

awaitable<result<void>> connection::handshake_with_anybody(asio::ssl::context& settings, deadline until) {
    auto unset = error_code{};
    state_->tls.emplace(state_->socket, settings).set_verify_mode(asio::ssl::verify_none, unset);
    if (unset) co_return fail(errc::tls, "prepare TLS");
    auto const shaken = co_await shake_hands("the listener", until);
    co_return shaken;
}

awaitable<result<void>> connection::shake_hands(std::string host, deadline until) {
    limit(until);
    auto const [error] = co_await state_->tls->async_handshake(asio::ssl::stream_base::client, as_result);
    lift_limit();
    if (!error && !state_->expired) co_return result<void>{};

    auto const met = explain(error, "TLS handshake");
    if (met.code == errc::timeout || met.code == errc::stopping) co_return unexpected{met};
    co_return fail(errc::tls, fmt::format("TLS handshake with {}: {}", host,
                                          why_not_trusted(state_->tls->native_handle(), error)));
}

awaitable<transfer> connection::write(std::string_view head, std::string_view body) {
    auto const bytes = std::array{asio::buffer(head), asio::buffer(body)};
    if (state_->tls) {
        auto const [error, count] = co_await asio::async_write(*state_->tls, bytes, as_result);
        co_return transfer{error, count};
    }
    auto const [error, count] = co_await asio::async_write(state_->socket, bytes, as_result);
    co_return transfer{error, count};
}

awaitable<transfer> connection::read_some(std::span<char> room) {
    auto const target = asio::buffer(room.data(), room.size());
    if (state_->tls) {
        auto const [error, count] = co_await state_->tls->async_read_some(target, as_result);
        co_return transfer{error, count};
    }
    auto const [error, count] = co_await state_->socket.async_read_some(target, as_result);
    co_return transfer{error, count};
}

failure connection::explain(error_code error, std::string_view doing) const {
    auto const with = [&](errc code) { return failure{code, fmt::format("{}: {}", doing, error.message())}; };
    if (state_->expired) return {errc::timeout, fmt::format("{}: the time was over", doing)};
    if (error == asio::error::operation_aborted) return {errc::stopping, fmt::format("{}: cancelled", doing)};
    if (error == asio::error::timed_out) return with(errc::timeout);
    if (error == asio::error::connection_refused) return with(errc::refused);
    if (peer_is_gone(error)) return with(errc::reset);
    if (error.category() == asio::error::get_ssl_category()) return with(errc::tls);
    return with(errc::protocol);
}

bool connection::silent_and_open() {
    if (!state_->socket.is_open() || state_->expired) return false;
    if (state_->tls && has_unread(state_->tls->native_handle())) return false;
    auto byte = char{};
    auto const got = ::recv(state_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool connection::encrypted() const noexcept { return state_->tls.has_value(); }

}  // namespace voicehook::client
