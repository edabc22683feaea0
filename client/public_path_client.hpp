// Our own public URL over HTTPS.
#pragma once

#include "client/http_client.hpp"
#include "ports/public_path.hpp"

#include <memory>
#include <string>

namespace voicehook::client {

struct public_path_endpoint {
    std::string base_url;  ///< `public.base_url`
    duration timeout{10s};
};

/// For an `http_client` that keeps no connections, so that each call tries the whole way.
[[nodiscard]] inline client_settings keep_nothing() { return {.max_idle_per_host = 0, .max_idle = 0}; }

/// `http` must outlive it. Certificates are verified as by any client; answers over 4 KiB are `too_large`.
[[nodiscard]] std::unique_ptr<ports::public_path> create_public_path_client(http_client& http,
                                                                            public_path_endpoint endpoint);

}  // namespace voicehook::client
