#include "app/ops/place.hpp"

#include "core/address.hpp"

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

namespace voicehook::app::ops {
namespace {

constexpr std::string_view default_port = "9464";

bool is_loopback(std::string const& host) {
    boost::system::error_code not_one;
    auto const address = boost::asio::ip::make_address(host, not_one);
    return host == "localhost" || (!not_one && address.is_loopback());
}

}  // namespace

std::string place::text() const {
    return fmt::format("{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", port);
}

result<place> local_place(config::settings const& settings) {
    auto const& listen = settings.ops.listen;
    auto const colon = listen.rfind(':');
    if (colon == std::string::npos) return fail(errc::invalid, "ops.listen is no address with a port");
    auto host = listen.substr(0, colon);
    if (host.size() >= 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    if (host == "0.0.0.0" || host.empty()) host = "127.0.0.1";
    if (host == "::") host = "::1";
    return place{.host = std::move(host),
                 .port = listen.substr(colon + 1),
                 .how = settings.ops.tls.enabled() ? protection::encrypted : protection::plain,
                 .ca_file = {},
                 .token = settings.ops.token};
}

result<place> remote_place(std::string const& url, std::string const& ca_file, secret token) {
    core::url_parts parts;
    if (core::split_url(url, parts) != core::url_error::none)
        return fail(errc::invalid, "--url: must be https://host:port");
    if (parts.target != "/") return fail(errc::invalid, "--url: must end after the port");
    auto const encrypted = parts.scheme == "https";
    if (!encrypted && !is_loopback(parts.host))
        return fail(errc::invalid, "--url: must be https, or the token could be overheard on the way");
    return place{.host = parts.host,
                 .port = parts.port.empty() ? std::string{default_port} : parts.port,
                 .how = encrypted ? protection::verified : protection::plain,
                 .ca_file = ca_file,
                 .token = std::move(token)};
}

}  // namespace voicehook::app::ops
