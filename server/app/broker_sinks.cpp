#include "app/broker_sinks.hpp"

#include "async/tls_context.hpp"
#include "config/broker_url.hpp"
#include "config/text_file.hpp"
#include "sinks/nats/create.hpp"
#include "sinks/redis/create.hpp"
#include "wire/nats_credentials.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace voicehook::app {
namespace {

result<std::optional<wire::nats_credentials>> read_credentials(std::string const& file, std::string const& key) {
    constexpr std::size_t longest = 64 * 1024;
    if (file.empty()) return std::nullopt;
    auto const text = config::read_text_file(file, longest);
    if (!text) return fail(errc::unreadable, fmt::format("{}: {}", key, text.error()));
    auto credentials = wire::read_nats_credentials(*text);
    if (!credentials) return fail(errc::unreadable, fmt::format("{}: {}: {}", key, file, credentials.error()));
    return std::move(*credentials);
}

}  // namespace

result<std::shared_ptr<asio::ssl::context>> make_sink_tls(std::string const& ca_file, std::string const& certificate,
                                                          std::string const& key, std::string const& row) {
    auto tls = async::make_client_tls(ca_file);
    if (!tls) return fail(std::move(tls.error()), row + ".ca_file");
    if (certificate.empty()) return tls;
    auto presented = async::present_certificate(**tls, certificate, key);
    if (!presented) return fail(std::move(presented.error()), row + ".client_certificate, client_key");
    return tls;
}

result<std::shared_ptr<ports::sink>> make_redis_sink(config::sink_settings const& from, sink_parts const& parts) {
    auto place = config::read_redis_url(from.redis.url);
    if (!place) return fail(errc::invalid, fmt::format("sinks.{}.url: {}", from.name.value(), place.error()));
    auto settings = sinks::redis_sink_settings{.name = from.name,
                                               .host = place->where.host,
                                               .port = place->where.port,
                                               .database = place->database,
                                               .username = from.redis.username,
                                               .password = from.redis.password,
                                               .stream = from.redis.stream,
                                               .max_length = from.redis.max_length,
                                               .timeout = from.timeout,
                                               .max_in_flight = from.max_in_flight};
    if (place->encrypted()) {
        auto tls = make_sink_tls(from.redis.ca_file, from.redis.client_certificate, from.redis.client_key,
                                 fmt::format("sinks.{}", from.name.value()));
        if (!tls) return std::unexpected{std::move(tls.error())};
        settings.tls = std::move(*tls);
    }
    return std::shared_ptr{
        sinks::create_redis_sink(parts.executor, parts.resolver, parts.metrics, std::move(settings))};
}

result<std::shared_ptr<ports::sink>> make_nats_sink(config::sink_settings const& from, sink_parts const& parts) {
    auto const row = fmt::format("sinks.{}", from.name.value());
    auto credentials = read_credentials(from.nats.credentials_file, row + ".credentials_file");
    if (!credentials) return std::unexpected{std::move(credentials.error())};
    auto settings = sinks::nats_sink_settings{.name = from.name,
                                              .username = from.nats.username,
                                              .password = from.nats.password,
                                              .token = from.nats.token,
                                              .credentials = std::move(*credentials),
                                              .subject = from.nats.subject,
                                              .version = VOICEHOOK_VERSION,
                                              .timeout = from.timeout,
                                              .max_in_flight = from.max_in_flight};
    auto encrypted = false;
    for (auto const& url : from.nats.servers) {
        auto const where = config::read_nats_url(url);
        if (!where) return fail(errc::invalid, fmt::format("{}.servers: {}", row, where.error()));
        settings.servers.emplace_back(where->host, where->port);
        encrypted = encrypted || where->scheme == "tls";
    }
    if (encrypted) {
        auto tls = make_sink_tls(from.nats.ca_file, from.nats.client_certificate, from.nats.client_key, row);
        if (!tls) return std::unexpected{std::move(tls.error())};
        settings.tls = std::move(*tls);
    }
    return std::shared_ptr{sinks::create_nats_sink(parts.executor, parts.resolver, parts.metrics, std::move(settings))};
}

}  // namespace voicehook::app
