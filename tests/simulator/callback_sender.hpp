// The outbound side: one request per TLS connection, as the provider calls back.
#pragma once

#include "tests/simulator/crew.hpp"
#include "tests/simulator/raw_request.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace simulator {

/// What came back.
struct callback_answer {
    unsigned status = 0;  ///< 0: no answer
    std::string body;     ///< its first 1,024 bytes
    std::string error;    ///< why there was no answer, without the URL's path
};

struct sender_settings {
    std::string ca_file;                  ///< trusted besides the system's; empty: the system's only
    std::chrono::milliseconds timeout{};  ///< of one request: resolve, connect, handshake, send, answer
    std::size_t connections = 0;          ///< open at the same time; more wait
};

class callback_sender {
public:
    virtual ~callback_sender() = default;

    /// Sends on a new connection. The certificate is verified against the host name or address, and names go by SNI.
    [[nodiscard]] virtual awaitable<callback_answer> send(callback_url url, raw_request request) = 0;
};

/// Throws when the CA file cannot be read.
[[nodiscard]] std::unique_ptr<callback_sender> create_callback_sender(asio::any_io_executor const& executor,
                                                                      sender_settings settings);

}  // namespace simulator
