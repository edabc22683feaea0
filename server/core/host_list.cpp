#include "core/host_list.hpp"

#include "core/address.hpp"
#include "core/letter_case.hpp"

#include <algorithm>

namespace voicehook::core {

namespace {

constexpr auto any_below = std::string_view{"*."};

std::string_view without_last_dot(std::string_view host) noexcept {
    if (host.ends_with('.')) host.remove_suffix(1);
    return host;
}

std::string normal_form(std::string_view pattern) {
    if (pattern.starts_with('[') && pattern.ends_with(']')) pattern = pattern.substr(1, pattern.size() - 2);
    auto out = std::string{without_last_dot(pattern)};
    std::ranges::transform(out, out.begin(), to_lower);
    return out;
}

bool fits(std::string_view pattern, std::string_view host) noexcept {
    if (!pattern.starts_with(any_below)) return same_word(pattern, host);
    auto const domain = pattern.substr(1);
    return host.size() > domain.size() && same_word(host.substr(host.size() - domain.size()), domain);
}

}  // namespace

host_list::host_list(std::vector<std::string> patterns) : patterns_{std::move(patterns)} {
    std::ranges::transform(patterns_, patterns_.begin(), normal_form);
}

bool host_list::allows(std::string_view host) const noexcept {
    host = without_last_dot(host);
    return patterns_.empty() || std::ranges::any_of(patterns_, [host](auto const& one) { return fits(one, host); });
}

bool is_host_pattern(std::string_view text) {
    if (text.starts_with(any_below)) {
        text.remove_prefix(any_below.size());
        if (text.starts_with('[')) return false;
    }
    auto parts = url_parts{};
    auto const no_host = text.empty() || text.find_first_of("/?#@") != std::string_view::npos;
    return !no_host && split_url("https://" + std::string{text}, parts) == url_error::none && parts.port.empty() &&
           !text.ends_with(':');
}

}  // namespace voicehook::core
