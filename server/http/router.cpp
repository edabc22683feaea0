#include "http/router.hpp"

#include "base/encoding.hpp"
#include "wire/problem.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace voicehook::http {
namespace {

using segments = std::vector<std::string_view>;

/// "/v1/tasks/" is "v1", "tasks", "".
segments split(std::string_view path) {
    auto parts = segments{};
    parts.reserve(static_cast<std::size_t>(std::ranges::count(path, '/')));
    while (!path.empty()) {
        path.remove_prefix(1);
        auto const part = path.substr(0, path.find('/'));
        parts.push_back(part);
        path.remove_prefix(part.size());
    }
    return parts;
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

bool fits(segments const& pattern, segments const& path) {
    return std::ranges::equal(pattern, path, [](std::string_view expected, std::string_view actual) {
        return is_parameter(expected) ? !actual.empty() : expected == actual;
    });
}

bool serves(route const& item, std::string_view method) {
    return item.method == method || (method == "HEAD" && item.method == "GET");
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; });
}

/// The decoded values of the pattern's parameters; nothing when an escape is broken or hides a control character.
std::optional<std::vector<std::string>> read_parameters(segments const& pattern, segments const& path) {
    auto values = std::vector<std::string>{};
    for (auto at = std::size_t{}; at < pattern.size(); ++at) {
        if (!is_parameter(pattern[at])) continue;
        auto value = percent_decode(path[at]);
        if (!value || has_control_character(*value)) return std::nullopt;
        values.push_back(std::move(*value));
    }
    return values;
}

bool is_at_or_below(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return false;
    return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

response render_problem(int status, std::string_view code, std::string_view detail) {
    auto const item = wire::problem{.status = status, .code = std::string{code}, .detail = std::string{detail}};
    return response{
        .status = status, .content_type = std::string{wire::problem_media_type}, .body = wire::render(item)};
}

}  // namespace

router::router(std::vector<route> routes, std::vector<guard> guards, error_renderer errors)
    : routes_{std::move(routes)}, guards_{std::move(guards)}, errors_{errors ? std::move(errors) : render_problem} {}

match router::find(std::string_view method, std::string_view path) const {
    auto const parts = split(path);
    route const* best{};
    auto best_pattern = segments{};
    auto best_parameters = parts.size() + 1;
    for (auto const& candidate : routes_) {
        if (!serves(candidate, method)) continue;
        auto pattern = split(candidate.pattern);
        if (!fits(pattern, parts)) continue;
        auto const parameters = static_cast<std::size_t>(std::ranges::count_if(pattern, is_parameter));
        if (parameters >= best_parameters) continue;
        best = &candidate;
        best_pattern = std::move(pattern);
        best_parameters = parameters;
    }
    if (best == nullptr) {
        auto allow = allowed_methods(parts);
        auto const status = allow.empty() ? 404 : 405;
        return match{.status = status, .allow = std::move(allow)};
    }
    auto values = read_parameters(best_pattern, parts);
    if (!values) return match{.status = 400};
    return match{.found = best, .parameters = std::move(*values), .status = 200};
}

std::string router::allowed_methods(segments const& path) const {
    auto methods = std::set<std::string_view>{};
    for (auto const& candidate : routes_) {
        if (!fits(split(candidate.pattern), path)) continue;
        methods.insert(candidate.method);
        if (candidate.method == "GET") methods.insert("HEAD");
    }
    auto list = std::string{};
    for (auto const method : methods) {
        if (!list.empty()) list += ", ";
        list += method;
    }
    return list;
}

std::optional<guard_refusal> router::check_guards(request& item) const {
    for (auto const& each : guards_) {
        if (!is_at_or_below(item.path, each.prefix)) continue;
        if (auto answer = each.check(item)) return guard_refusal{std::move(*answer), each.counts_as};
    }
    return std::nullopt;
}

response router::error(int status, std::string_view code, std::string_view detail) const {
    return errors_(status, code, detail);
}

}  // namespace voicehook::http
