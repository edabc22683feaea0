// One non-blocking connection to the server, with or without TLS.
#pragma once

#include "tests/bench/load_options.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace load {

/// What an operation on a channel came to.
enum class io : unsigned char { done = 1, wants_input, wants_output, gone };

struct io_count {
    io what{io::gone};
    std::size_t bytes{};
};

/// The context of every TLS channel: TLS 1.2 or 1.3, no resumption, the peer's certificate is not judged (its signature
/// is checked).
[[nodiscard]] std::shared_ptr<SSL_CTX> make_tls();

/// A socket, and TLS over it. Nothing blocks; after `wants_…` the same call is made again when epoll says so.
class channel {
public:
    /// Begins to connect to 127.0.0.1 from the loopback address number `source`. `tls` null: plain.
    channel(SSL_CTX* tls, std::uint16_t port, unsigned source);
    ~channel();
    channel(channel const&) = delete;
    channel& operator=(channel const&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    /// Finishes connecting and the handshake.
    [[nodiscard]] io establish();
    [[nodiscard]] io_count write(std::string_view bytes);
    [[nodiscard]] io_count read(std::span<char> into);

private:
    [[nodiscard]] io why(int result) const;

    int descriptor_{-1};
    SSL* tls_{};
    bool connected_{};
    bool refused_{};
    bool established_{};
};

}  // namespace load
