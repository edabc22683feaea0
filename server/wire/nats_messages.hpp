// The JSON that NATS servers and clients greet each other with.
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::wire {

/// What a server tells of itself in INFO.
struct nats_info {
    std::string version;
    std::string nonce;  ///< to be signed by whoever logs in with a key
    std::uint64_t max_payload{};
    bool headers{};
    bool tls_required{};
    bool tls_available{};
    bool leaving{};  ///< it is about to shut down: look for another
};

/// Nothing when it is no JSON object. A member that is absent or of another type counts as not told.
[[nodiscard]] std::optional<nats_info> read_nats_info(std::string_view json);

/// What a client tells of itself in CONNECT. Of the ways to log in at most one is there.
struct nats_hello {
    std::string name;
    std::string version;
    bool encrypted{};
    std::string username;
    secret password;
    secret token;
    std::string jwt;
    std::string signature;  ///< of the server's nonce
};
[[nodiscard]] std::string render_nats_hello(nats_hello const& item);

}  // namespace voicehook::wire
