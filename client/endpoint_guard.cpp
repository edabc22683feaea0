#include "client/endpoint_guard.hpp"

#include "core/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::client {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

bool is_internal(tcp::endpoint const& item) {
    auto const address = unmapped(item).address();
    return address.is_v4() ? core::is_internal(address.to_v4().to_bytes())
                           : core::is_internal(address.to_v6().to_bytes());
}

}  // namespace

tcp::endpoint unmapped(tcp::endpoint const& item) {
    auto const address = item.address();
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return item;
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()), item.port()};
}

result<void> refuse_internal_endpoints(std::span<tcp::endpoint const> endpoints, std::string_view host) {
    if (std::ranges::none_of(endpoints, is_internal)) return {};
    return fail(errc::forbidden, fmt::format("connect to {}: it has an internal address", host));
}

}  // namespace voicehook::client
