// The port to our own public URL: the way that the provider's callbacks take, taken by ourselves.
#pragma once

#include "base/failure.hpp"
#include "ports/awaitable.hpp"

#include <string>

namespace voicehook::ports {

struct public_answer {
    int status{};
    std::string body;
};

class public_path {
public:
    virtual ~public_path() = default;

    /// POSTs JSON to the callback URL with this token: name lookup, load balancer and TLS included, over a connection
    /// of its own. An answer of any status is an answer; the failure is for exchanges without one.
    [[nodiscard]] virtual awaitable<result<public_answer>> call_back(std::string token, std::string body) = 0;
};

}  // namespace voicehook::ports
