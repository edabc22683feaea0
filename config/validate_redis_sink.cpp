#include "config/broker_url.hpp"
#include "config/rules.hpp"
#include "config/validate.hpp"

#include <fmt/format.h>

namespace voicehook::config {
namespace {

constexpr std::size_t longest_stream = 512;

void require(std::string const& key, std::string const& value, std::string_view what, findings& out) {
    if (value.empty() && out.sound(key)) out.complain(key, fmt::format("required: {}", what));
}

}  // namespace

void validate_redis_sink(std::string const& row, redis_settings const& item, findings& out) {
    require(row + ".url", item.url, "the server, such as \"redis://host:6379/0\"", out);
    require(row + ".stream", item.stream, "the key of the stream that results are added to", out);
    if (item.stream.size() > longest_stream && out.sound(row + ".stream"))
        out.complain(row + ".stream", fmt::format("must be at most {} bytes", longest_stream));
    if (!item.username.empty() && item.password.empty() && out.sound(row + ".password"))
        out.complain(row + ".password", "required with a username");
    if (item.url.empty() || !out.sound(row + ".url")) return;
    auto const place = read_redis_url(item.url);
    if (!place) return out.complain(row + ".url", place.error());
    check_client_tls(row, item.ca_file, item.client_certificate, item.client_key,
                     place->encrypted() ? "" : "url must begin with rediss://", out);
}

}  // namespace voicehook::config
