#include "config/broker_url.hpp"

#include "core/address.hpp"
#include "core/letter_case.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace voicehook::config {
namespace {

template <class Number>
std::optional<Number> read_whole(std::string_view text) {
    auto number = Number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string alternatives_of(std::initializer_list<std::string_view> schemes) {
    auto out = std::string{};
    for (auto const scheme : schemes) out += fmt::format("{}\"{}://host\"", out.empty() ? "" : " or ", scheme);
    return out;
}

}  // namespace

std::expected<broker_url, std::string> split_broker_url(std::string_view url,
                                                        std::initializer_list<std::string_view> schemes,
                                                        std::uint16_t default_port) {
    auto const expected =
        fmt::format("expected {}, with a port if it is not {}", alternatives_of(schemes), default_port);
    auto const colon = url.find("://");
    if (colon == std::string_view::npos) return std::unexpected{expected};
    for (auto const scheme : schemes) {
        if (!core::same_word(url.substr(0, colon), scheme)) continue;
        auto parts = core::url_parts{};
        switch (core::split_url(fmt::format("http{}", url.substr(colon)), parts)) {
            case core::url_error::none: break;
            case core::url_error::user_info:
                return std::unexpected{std::string{
                    "must not hold a user name or password: URLs are shown in logs; use the keys for them"}};
            case core::url_error::fragment: return std::unexpected{std::string{"must not have a fragment (#…)"}};
            case core::url_error::syntax: return std::unexpected{expected};
        }
        auto const port = parts.port.empty() ? default_port : read_whole<std::uint16_t>(parts.port).value_or(0);
        return broker_url{std::string{scheme}, std::move(parts.host), port, parts.target.substr(1)};
    }
    return std::unexpected{expected};
}

std::expected<redis_place, std::string> read_redis_url(std::string_view url) {
    auto where = split_broker_url(url, {"redis", "rediss"}, redis_port);
    if (!where) return std::unexpected{std::move(where.error())};
    auto const database = where->path.empty() ? 0u : read_whole<std::uint32_t>(where->path);
    if (!database)
        return std::unexpected{std::string{"expected nothing after the host but the number of a database, such as /0"}};
    return redis_place{std::move(*where), *database};
}

std::expected<broker_url, std::string> read_nats_url(std::string_view url) {
    auto where = split_broker_url(url, {"nats", "tls"}, nats_port);
    if (where && !where->path.empty()) return std::unexpected{std::string{"expected nothing after the host and port"}};
    return where;
}

}  // namespace voicehook::config
