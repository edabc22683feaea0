// Makes the sink that publishes each delivery to a JetStream stream.
#pragma once

#include "async/resolver_pool.hpp"
#include "base/secret.hpp"
#include "ports/sink.hpp"
#include "telemetry/metrics.hpp"
#include "wire/nats_credentials.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::sinks {

struct nats_sink_settings {
    sink_name name;
    std::vector<std::pair<std::string, std::uint16_t>> servers;  ///< hosts and ports, tried in turn
    std::shared_ptr<boost::asio::ssl::context> tls;              ///< nothing: without TLS
    std::string username;
    secret password;
    secret token;
    std::optional<wire::nats_credentials> credentials;
    std::string subject;  ///< {status} and {caller} stand for those of the task
    std::string version;  ///< ours
    duration timeout{15s};
    std::size_t max_in_flight{32};
};

/// One message per delivery with `Nats-Msg-Id` = delivery id, so that the stream keeps one of each within its duplicate
/// window. Delivered when the stream has answered; nobody who takes the subject is `unknown_target`; what is larger
/// than server or stream take is parked. `resolver` and `metrics` must outlive it; without `metrics` nobody is told.
[[nodiscard]] std::unique_ptr<ports::sink> create_nats_sink(asio::any_io_executor executor,
                                                            async::resolver_pool& resolver, telemetry::metrics* metrics,
                                                            nats_sink_settings settings);

}  // namespace voicehook::sinks
