#include "app/named_files.hpp"

#include "config/broker_url.hpp"
#include "config/text_file.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace voicehook::app {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::size_t longest_credentials = 64 * 1024;

std::string row_of(config::sink_settings const& from) { return fmt::format("sinks.{}", from.name.value()); }

/// Every type of sink calls these keys the same.
template <class Settings>
result<sink_tls> read_tls(async::trust_stores& known, std::string const& row, Settings const& from) {
    auto context = read_trust(known, from.ca_file, row + ".ca_file");
    if (!context) return std::unexpected{std::move(context.error())};
    if (from.client_certificate.empty()) return sink_tls{.context = std::move(*context)};
    auto const ends = async::present_certificate(**context, from.client_certificate, from.client_key);
    if (!ends) return fail(ends.error(), row + ".client_certificate, client_key");
    return sink_tls{.context = std::move(*context), .certificate_ends = *ends};
}

bool is_encrypted(config::redis_settings const& from) {
    auto const place = config::read_redis_url(from.url);
    return place && place->encrypted();
}

bool is_encrypted(config::nats_settings const& from) {
    return std::ranges::any_of(from.servers, [](std::string const& url) {
        auto const where = config::read_nats_url(url);
        return where && where->scheme == "tls";
    });
}

}  // namespace

result<std::shared_ptr<ssl::context>> read_trust(async::trust_stores& known, std::string const& ca_file,
                                                 std::string_view key) {
    auto made = known.make_client(ca_file);
    if (!made) return fail(std::move(made.error()), key);
    return made;
}

result<sink_tls> read_sink_tls(async::trust_stores& known, config::sink_settings const& from) {
    auto const none = sink_tls{};
    auto const row = row_of(from);
    switch (from.type) {
        case config::sink_type::http: return read_tls(known, row, from.http);
        case config::sink_type::file: return none;
        case config::sink_type::kafka: return from.kafka.tls ? read_tls(known, row, from.kafka) : none;
        case config::sink_type::redis: return is_encrypted(from.redis) ? read_tls(known, row, from.redis) : none;
        case config::sink_type::nats: return is_encrypted(from.nats) ? read_tls(known, row, from.nats) : none;
    }
    return none;
}

result<std::optional<wire::nats_credentials>> read_sink_credentials(config::sink_settings const& from) {
    auto const& file = from.nats.credentials_file;
    if (file.empty()) return std::nullopt;
    auto const key = row_of(from) + ".credentials_file";
    auto const text = config::read_text_file(file, longest_credentials);
    if (!text) return fail(errc::unreadable, fmt::format("{}: {}", key, text.error()));
    auto credentials = wire::read_nats_credentials(*text);
    if (!credentials) return fail(errc::unreadable, fmt::format("{}: {}: {}", key, file, credentials.error()));
    return std::move(*credentials);
}

}  // namespace voicehook::app
