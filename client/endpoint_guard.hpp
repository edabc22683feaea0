// Decides whether resolved endpoints may be connected to.
#pragma once

#include "base/failure.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <span>
#include <string_view>

namespace voicehook::client {

/// The IPv4 endpoint inside a mapped IPv6 one, so that what is checked is what is connected to.
[[nodiscard]] boost::asio::ip::tcp::endpoint unmapped(boost::asio::ip::tcp::endpoint const& item);

/// `forbidden` when any of them is internal: the next look-up could put that one first.
[[nodiscard]] result<void> refuse_internal_endpoints(std::span<boost::asio::ip::tcp::endpoint const> endpoints,
                                                     std::string_view host);

}  // namespace voicehook::client
