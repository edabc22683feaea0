// One blocking request to a listener of this machine, for the command line.
#pragma once

#include "base/failure.hpp"
#include "base/time.hpp"
#include "config/settings.hpp"

#include <string>

namespace voicehook::app {

struct local_answer {
    int status{};
    std::string body;
};

/// Sends one request to the ops listener as configured: a wildcard address is reached by loopback, and TLS is not
/// verified, because it is the same machine and the certificate names another. `timeout` when the answer is not
/// complete within `limit`.
[[nodiscard]] result<local_answer> ask_ops(config::settings const& settings, std::string method, std::string path,
                                           std::string body, duration limit = 5s);

}  // namespace voicehook::app
