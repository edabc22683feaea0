// Who may call: API keys known by their SHA-256, and each caller's quotas.
#pragma once

#include "base/ids.hpp"
#include "base/secret.hpp"
#include "core/quota.hpp"
#include "http/router.hpp"
#include "ports/clock.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::api {

struct caller_account {
    caller_name name;
    std::vector<std::string> key_sha256;  ///< lower-case hex
    secret signing_key;                   ///< key bytes for deliveries to a callback_url; may be empty
    std::uint64_t max_open{1000};
    unsigned requests_per_second{100};
};

/// One thread. A reload replaces the accounts; quotas of unchanged callers go on where they were.
class callers {
public:
    callers(ports::clock const& clock, std::vector<caller_account> accounts);
    void replace(std::vector<caller_account> accounts);

    /// The guard of `/v1/`: 401 without a known key, 429 + Retry-After over the rate; else sets the principal.
    [[nodiscard]] std::optional<http::response> check(http::request& item);

    /// Nothing when a reload has removed the caller.
    [[nodiscard]] caller_account const* find(caller_name const& name) const;
    /// The key that signs deliveries to this caller's callback_url; empty when there is none.
    [[nodiscard]] secret signing_key(caller_name const& name) const;

private:
    struct entry {
        caller_account account;
        core::token_bucket bucket;
    };
    [[nodiscard]] entry* authenticate(std::string_view key);

    ports::clock const& clock_;
    std::map<caller_name, entry> entries_;
};

}  // namespace voicehook::api
