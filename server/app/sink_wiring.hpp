// From [[sinks]] and [callback_url] to sinks that are served.
#pragma once

#include "async/resolver_pool.hpp"
#include "async/tls_context.hpp"
#include "base/failure.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "core/voice_design.hpp"
#include "flows/dispatch.hpp"
#include "flows/outbox.hpp"
#include "ports/clock.hpp"
#include "telemetry/metrics.hpp"

#include <functional>
#include <string>
#include <vector>

namespace voicehook::app {

[[nodiscard]] std::vector<flows::sink_route> sink_routes(config::settings const& from);
[[nodiscard]] std::vector<std::string> sink_names(config::settings const& from);

/// Which `callback_url` a caller may name.
[[nodiscard]] core::voice_design::callback_rules callback_rules(config::settings const& from);

/// What sinks are made with. Callers' hosts are resolved apart: one that no name server answers for must delay nobody
/// else's.
struct sink_parts {
    asio::any_io_executor executor;
    async::resolver_pool& resolver;
    async::resolver_pool& callers_resolver;
    async::trust_stores& trust;
    ports::clock const& clock;
    std::function<secret(caller_name const&)> signing_key_of;
    telemetry::metrics* metrics{};  ///< of sinks behind a client library; null: nobody looks
};

/// Every configured sink and the one for callers' own callback URLs; each owns the client it sends with. The failure
/// names the key of the configuration.
[[nodiscard]] result<std::vector<flows::served_sink>> make_sinks(config::settings const& from, sink_parts parts);

/// What is wrong with the files that sinks name, or, as only a client library can say, with its settings. Connects to
/// nothing; each failure names its key.
[[nodiscard]] std::vector<failure> check_sinks(config::settings const& from);

}  // namespace voicehook::app
