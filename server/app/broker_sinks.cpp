#include "app/broker_sinks.hpp"

#include "app/named_files.hpp"
#include "config/broker_url.hpp"
#include "sinks/nats/create.hpp"
#include "sinks/redis/create.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::app {

result<std::shared_ptr<ports::sink>> make_redis_sink(config::sink_settings const& from, sink_parts const& parts,
                                                     std::shared_ptr<boost::asio::ssl::context> tls) {
    auto place = config::read_redis_url(from.redis.url);
    if (!place) return fail(errc::invalid, fmt::format("sinks.{}.url: {}", from.name.value(), place.error()));
    return std::shared_ptr{sinks::create_redis_sink(parts.executor, parts.resolver, parts.metrics,
                                                    {.name = from.name,
                                                     .host = place->where.host,
                                                     .port = place->where.port,
                                                     .database = place->database,
                                                     .tls = std::move(tls),
                                                     .username = from.redis.username,
                                                     .password = from.redis.password,
                                                     .stream = from.redis.stream,
                                                     .max_length = from.redis.max_length,
                                                     .timeout = from.timeout,
                                                     .max_in_flight = from.max_in_flight})};
}

result<std::shared_ptr<ports::sink>> make_nats_sink(config::sink_settings const& from, sink_parts const& parts,
                                                    std::shared_ptr<boost::asio::ssl::context> tls) {
    auto credentials = read_sink_credentials(from);
    if (!credentials) return std::unexpected{std::move(credentials.error())};
    auto settings = sinks::nats_sink_settings{.name = from.name,
                                              .tls = std::move(tls),
                                              .username = from.nats.username,
                                              .password = from.nats.password,
                                              .token = from.nats.token,
                                              .credentials = std::move(*credentials),
                                              .subject = from.nats.subject,
                                              .version = VOICEHOOK_VERSION,
                                              .timeout = from.timeout,
                                              .max_in_flight = from.max_in_flight};
    for (auto const& url : from.nats.servers) {
        auto const where = config::read_nats_url(url);
        if (!where) return fail(errc::invalid, fmt::format("sinks.{}.servers: {}", from.name.value(), where.error()));
        settings.servers.emplace_back(where->host, where->port);
    }
    return std::shared_ptr{sinks::create_nats_sink(parts.executor, parts.resolver, parts.metrics, std::move(settings))};
}

}  // namespace voicehook::app
