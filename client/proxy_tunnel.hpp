// Asks an HTTP proxy for a tunnel (CONNECT).
#pragma once

#include "base/deadline.hpp"
#include "base/failure.hpp"
#include "client/connection.hpp"
#include "client/http_client.hpp"
#include "ports/awaitable.hpp"

#include <string>
#include <string_view>

namespace voicehook::client {

/// "proxy.internal:3128", for people.
[[nodiscard]] std::string name_of(egress_proxy const& proxy);

/// Makes of a connection to the proxy one to the target, of which not a byte has been read. Answers other than 2xx are
/// `refused` with what can be done about it; an answer that is none, too long or followed by bytes that nobody asked
/// for is `protocol`; also `timeout`, `reset`, `invalid` and `stopping`. `proxy` and `target` must outlive it.
[[nodiscard]] awaitable<result<void>> open_tunnel(connection& peer, egress_proxy const& proxy,
                                                  core::url_parts const& target, std::string_view user_agent,
                                                  deadline until);

}  // namespace voicehook::client
