// Reading from and writing to a socket without waiting, without signals.
#pragma once

#include "http/byte_stream.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace voicehook::http {

/// How much one attempt to write may take before others have their turn.
inline constexpr auto bytes_per_turn = std::size_t{256 * 1024};

/// `eof` when the client has ended its direction, `bad_descriptor` when the socket is closed.
[[nodiscard]] attempt receive(asio::ip::tcp::socket& socket, std::span<char> into);
/// As `receive`, but what is read stays to be received.
[[nodiscard]] attempt peek(asio::ip::tcp::socket& socket, std::span<char> into);
/// Once; fewer bytes than given may be taken. Never raises SIGPIPE.
[[nodiscard]] attempt send(asio::ip::tcp::socket& socket, std::string_view bytes);
/// FIN.
void end_sending_on(asio::ip::tcp::socket& socket);

}  // namespace voicehook::http
