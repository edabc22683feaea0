#include "http/address_counts.hpp"

#include "http/networks.hpp"

#include <algorithm>

namespace voicehook::http {
namespace {

constexpr std::ptrdiff_t subnet_bytes = 8;

/// What stands for all addresses that count as one.
asio::ip::address counted_as(asio::ip::address const& peer) {
    auto const address = unmapped(peer);
    if (address.is_v4()) return address;
    auto bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + subnet_bytes, bytes.end(), static_cast<unsigned char>(0));
    return asio::ip::address_v6{bytes, address.to_v6().scope_id()};
}

}  // namespace

void address_counts::add(asio::ip::address const& peer) { ++counts_[counted_as(peer)]; }

void address_counts::remove(asio::ip::address const& peer) {
    auto const here = counts_.find(counted_as(peer));
    if (here == counts_.end()) return;
    if (--here->second == 0) counts_.erase(here);
}

std::size_t address_counts::at(asio::ip::address const& peer) const {
    auto const here = counts_.find(counted_as(peer));
    return here == counts_.end() ? 0 : here->second;
}

}  // namespace voicehook::http
