#include "tests/bench/load_channel.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace load {
namespace {

/// Source addresses in turn, so that a connection per request does not run out of ports.
constexpr unsigned sources = 32;

sockaddr_in loopback(std::uint16_t port, unsigned host) {
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
    return address;
}

void set_option(int descriptor, int level, int name) {
    auto const on = 1;
    setsockopt(descriptor, level, name, &on, sizeof on);
}

}  // namespace

std::shared_ptr<SSL_CTX> make_tls() {
    auto context = std::shared_ptr<SSL_CTX>{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    if (!context) throw std::runtime_error{"no TLS context"};
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context.get(), 1);
    return context;
}

channel::channel(SSL_CTX* tls, std::uint16_t port, unsigned source)
    : descriptor_{socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
    if (descriptor_ < 0) throw std::runtime_error{"no socket: raise the limit of open files"};
    set_option(descriptor_, IPPROTO_TCP, TCP_NODELAY);
    set_option(descriptor_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    auto const from = loopback(0, source % sources);
    bind(descriptor_, reinterpret_cast<sockaddr const*>(&from), sizeof from);
    auto const to = loopback(port, 0);
    connected_ = connect(descriptor_, reinterpret_cast<sockaddr const*>(&to), sizeof to) == 0;
    refused_ = !connected_ && errno != EINPROGRESS;
    if (tls == nullptr) return;
    tls_ = SSL_new(tls);
    SSL_set_fd(tls_, descriptor_);
    SSL_set_tlsext_host_name(tls_, "localhost");
    SSL_set_connect_state(tls_);
}

channel::~channel() {
    if (tls_ != nullptr) {
        if (established_) SSL_shutdown(tls_);
        SSL_free(tls_);
        ERR_clear_error();
    }
    if (descriptor_ >= 0) close(descriptor_);
}

io channel::establish() {
    if (refused_) return io::gone;
    if (!connected_) {
        auto error = 0;
        socklen_t size = sizeof error;
        getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return io::gone;
        auto peer = sockaddr_in{};
        socklen_t peer_size = sizeof peer;
        if (getpeername(descriptor_, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return io::wants_output;
        connected_ = true;
    }
    if (tls_ != nullptr) {
        auto const result = SSL_do_handshake(tls_);
        if (result != 1) return why(result);
    }
    established_ = true;
    return io::done;
}

io_count channel::write(std::string_view bytes) {
    if (tls_ != nullptr) {
        auto const result = SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
        return result > 0 ? io_count{io::done, static_cast<std::size_t>(result)} : io_count{why(result)};
    }
    auto const sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return {io::done, static_cast<std::size_t>(sent)};
    return {errno == EAGAIN ? io::wants_output : io::gone};
}

io_count channel::read(std::span<char> into) {
    if (tls_ != nullptr) {
        auto const result = SSL_read(tls_, into.data(), static_cast<int>(into.size()));
        return result > 0 ? io_count{io::done, static_cast<std::size_t>(result)} : io_count{why(result)};
    }
    auto const got = recv(descriptor_, into.data(), into.size(), 0);
    if (got > 0) return {io::done, static_cast<std::size_t>(got)};
    return {got < 0 && errno == EAGAIN ? io::wants_input : io::gone};
}

io channel::why(int result) const {
    auto const error = SSL_get_error(tls_, result);
    if (error == SSL_ERROR_WANT_READ) return io::wants_input;
    if (error == SSL_ERROR_WANT_WRITE) return io::wants_output;
    ERR_clear_error();
    return io::gone;
}

}  // namespace load
