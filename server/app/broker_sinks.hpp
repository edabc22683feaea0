// From [[sinks]] to the sinks whose brokers are spoken to over a connection of ours.
#pragma once

#include "app/sink_wiring.hpp"
#include "base/failure.hpp"
#include "config/settings.hpp"
#include "ports/sink.hpp"

#include <memory>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::app {

/// `tls`: what read_sink_tls() gave.
[[nodiscard]] result<std::shared_ptr<ports::sink>> make_redis_sink(config::sink_settings const& from,
                                                                   sink_parts const& parts,
                                                                   std::shared_ptr<boost::asio::ssl::context> tls);
[[nodiscard]] result<std::shared_ptr<ports::sink>> make_nats_sink(config::sink_settings const& from,
                                                                  sink_parts const& parts,
                                                                  std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace voicehook::app
