// The client's end of a TLS connection whose every byte on the wire the test decides about.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace voicehook::test {

/// Works through memory: `outbox` is what it wants to send and `move` what carries bytes from and to a socket.
class tls_peer {
public:
    /// Trusts nobody and everybody: certificates are no matter here.
    explicit tls_peer(int highest_version = TLS1_3_VERSION);

    void write(std::string_view bytes);
    void close_notify() { SSL_shutdown(ssl()); }
    /// Asks the server to change its keys, too.
    void update_keys();
    /// Goes on with the handshake, or reads what has arrived.
    void work();

    /// What has not been sent yet.
    [[nodiscard]] std::string& outbox();
    /// At most so many bytes each way; goes to work with what has arrived.
    void move(boost::asio::ip::tcp::socket& socket, std::size_t send_at_most, std::size_t read_at_most);

    [[nodiscard]] bool greeted() const { return SSL_is_init_finished(ssl_.get()) == 1; }
    [[nodiscard]] std::string const& received() const noexcept { return received_; }
    [[nodiscard]] bool got_close_notify() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    /// The server's FIN or reset.
    [[nodiscard]] bool got_end() const noexcept { return got_end_; }
    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] SSL* ssl() { return ssl_.get(); }

private:
    void note(int result);

    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    std::string outbox_;
    std::string received_;
    bool got_end_{};
    bool failed_{};
};

}  // namespace voicehook::test
