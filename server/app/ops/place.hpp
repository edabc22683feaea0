// Where the operations API is asked, and as whom.
#pragma once

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"

#include <string>

namespace voicehook::app::ops {

enum class protection : unsigned char {
    plain = 1,
    encrypted,  ///< TLS whose certificate is not looked at: only to this machine
    verified,   ///< TLS that must be trusted and name the host
};

struct place {
    std::string host;  ///< a name or an address, without brackets
    std::string port;
    protection how{protection::plain};
    std::string ca_file;  ///< more trust, for `verified`
    secret token;

    /// "host:port", an IPv6 address in brackets.
    [[nodiscard]] std::string text() const;
};

/// The ops listener as configured: a wildcard address is reached by loopback, and TLS is not verified, because it is
/// the same machine and the certificate names another.
[[nodiscard]] result<place> local_place(config::settings const& settings);

/// Another machine's, by "https://host:port" (http:// to loopback only, since the token must not be overheard).
/// `invalid` says what is wrong with the URL.
[[nodiscard]] result<place> remote_place(std::string const& url, std::string const& ca_file, secret token);

}  // namespace voicehook::app::ops
