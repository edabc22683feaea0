// A NATS user's credentials: a JWT that tells who it is, and the key to prove it.
#pragma once

#include "base/secret.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::wire {

struct nats_credentials {
    std::string jwt;
    secret key;  ///< 32 bytes: the seed of an Ed25519 key
    friend bool operator==(nats_credentials const&, nats_credentials const&) = default;
};

/// Reads what `nsc generate creds` writes: two blocks between lines of dashes, the JWT and a user's seed. The error
/// says what is missing and shows nothing of it.
[[nodiscard]] std::expected<nats_credentials, std::string> read_nats_credentials(std::string_view text);

/// The 32 bytes that a user's seed ("SU…") stands for; nothing when it is none: another kind, another alphabet, a sum
/// that is not right. Source: github.com/nats-io/nkeys, "Encoding".
[[nodiscard]] std::optional<secret> read_nkey_seed(std::string_view text);

/// The signature of a server's nonce (Ed25519), as base64url.
[[nodiscard]] std::string sign_nonce(nats_credentials const& credentials, std::string_view nonce);

}  // namespace voicehook::wire
