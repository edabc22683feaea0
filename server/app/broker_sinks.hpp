// From [[sinks]] to the sinks whose brokers are spoken to over a connection of ours.
#pragma once

#include "app/sink_wiring.hpp"
#include "base/failure.hpp"
#include "config/settings.hpp"
#include "ports/sink.hpp"

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::app {

/// What a sink trusts besides the system and shows of itself; empty files: nothing. `row` is how its keys begin.
[[nodiscard]] result<std::shared_ptr<asio::ssl::context>> make_sink_tls(std::string const& ca_file,
                                                                        std::string const& certificate,
                                                                        std::string const& key, std::string const& row);

[[nodiscard]] result<std::shared_ptr<ports::sink>> make_redis_sink(config::sink_settings const& from,
                                                                   sink_parts const& parts);
[[nodiscard]] result<std::shared_ptr<ports::sink>> make_nats_sink(config::sink_settings const& from,
                                                                  sink_parts const& parts);

}  // namespace voicehook::app
