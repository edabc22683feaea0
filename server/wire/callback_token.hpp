// The capability URL that the provider calls: it proves that we made it for this task.
#pragma once

#include "base/ids.hpp"
#include "base/secret.hpp"
#include "wire/digest.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::wire {

inline constexpr std::string_view callback_path = "/callbacks/v1/";

/// One key that signs or verifies callback URLs.
struct callback_secret {
    std::string id;  ///< 1–32 of [A-Za-z0-9_-]
    secret key;      ///< ≥ 32 bytes
    friend bool operator==(callback_secret const&, callback_secret const&) = default;
};

/// Signs with the first secret, verifies with all of them. One thread at a time.
class callback_tokens {
public:
    /// `secrets` must not be empty.
    explicit callback_tokens(std::vector<callback_secret> secrets);

    /// `<task id>.<secret id>.<mac>`; mac = unpadded base64url(HMAC-SHA256(key, "callback/v1:" + task id)).
    [[nodiscard]] std::string sign(task_id const& id) const;

    /// Verifies such a segment in constant time. Unknown secret, wrong length and wrong MAC are not told apart.
    /// Source: contract, "Callback"; RFC 2104.
    [[nodiscard]] std::optional<task_id> verify(std::string_view segment) const;

    /// Proves to whoever knows the secrets that we know them: unpadded base64url(HMAC-SHA256(key, "canary/v1:" +
    /// nonce)).
    [[nodiscard]] std::string prove(std::string_view nonce) const;

    /// Whether one of the secrets made `proof` for this nonce.
    [[nodiscard]] bool proves(std::string_view nonce, std::string_view proof) const;

private:
    struct keyed_secret {
        std::string id;
        hmac_key key;
    };

    std::vector<keyed_secret> secrets_;
};

/// Provider text as others may see it: whatever follows our callback path becomes "***", also where the slashes are
/// escaped as in JSON. The provider might quote the URL that it was given, and who reads it could forge a result.
[[nodiscard]] std::string without_callback_tokens(std::string_view text);

}  // namespace voicehook::wire
