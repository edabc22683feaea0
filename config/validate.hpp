// The rules between keys and about what a value means.
#pragma once

#include "config/findings.hpp"
#include "config/settings.hpp"

#include <string>

namespace voicehook::config {

/// Checks every rule that a key's type does not tell and puts values into their normal form: URLs without a slash at
/// their end, proxies as CIDR, a `replay_after` that nobody set below the deadline. A key that already has a complaint
/// gets no second.
void validate(settings& item, findings& out);

/// The parts of `validate`, by what they look at.
void validate_listeners(settings& item, findings& out);
void validate_provider_side(settings& item, findings& out);
void validate_consumers(settings& item, findings& out);
void validate_sinks(settings& item, findings& out);
/// `row` is how the keys of the sink begin: "sinks[0]".
void validate_http_sink(std::string const& row, http_settings const& item, findings& out);
void validate_kafka_sink(std::string const& row, kafka_settings const& item, duration timeout, findings& out);
void validate_nats_sink(std::string const& row, nats_settings const& item, findings& out);
void validate_redis_sink(std::string const& row, redis_settings const& item, findings& out);

}  // namespace voicehook::config
