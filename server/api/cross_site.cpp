#include "api/cross_site.hpp"

#include "api/answers.hpp"
#include "core/letter_case.hpp"

#include <algorithm>
#include <string_view>

namespace voicehook::api {
namespace {

constexpr std::string_view scheme_end = "://";

/// `host:port` without a port that is the scheme's own.
std::string_view without_default_port(std::string_view authority, std::string_view port) {
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
    return authority;
}

/// Whether an origin, such as "https://host:port", is where a request with this `Host` went. "null" is nowhere.
bool is_same_place(std::string_view origin, std::string_view host) {
    auto const end = origin.find(scheme_end);
    if (end == origin.npos) return false;
    auto const port = core::same_word(origin.substr(0, end), "https") ? ":443" : ":80";
    auto const there = without_default_port(origin.substr(end + scheme_end.size()), port);
    return !there.empty() && core::same_word(there, without_default_port(host, port));
}

bool is_foreign(std::string_view name, std::string_view value, std::string_view host) {
    if (core::same_word(name, "Sec-Fetch-Site")) return value != "same-origin" && value != "none";
    return core::same_word(name, "Origin") && !is_same_place(value, host);
}

}  // namespace

std::optional<http::response> refuse_cross_site(http::request const& item) {
    auto const host = item.header("Host").value_or("");
    auto const foreign = [host](auto const& header) { return is_foreign(header.first, header.second, host); };
    if (std::ranges::none_of(item.headers, foreign)) return std::nullopt;
    return problem_response(403, "cross_site", "This interface does not serve the pages of other sites.");
}

}  // namespace voicehook::api
