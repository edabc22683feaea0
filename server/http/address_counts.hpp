// How many connections are open from where.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <map>

namespace voicehook::http {

/// Counts by IPv4 address or IPv6 /64: whoever has one IPv6 address has all of its /64 (RFC 4291, 2.5.4).
class address_counts {
public:
    void add(boost::asio::ip::address const& peer);
    /// To be called once for each `add`, with the same address.
    void remove(boost::asio::ip::address const& peer);
    [[nodiscard]] std::size_t at(boost::asio::ip::address const& peer) const;

private:
    std::map<boost::asio::ip::address, std::size_t> counts_;
};

}  // namespace voicehook::http
