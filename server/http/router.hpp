// The route table of one listener.
#pragma once

#include "base/names.hpp"
#include "http/exchange.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::http {

/// What a route says of its request's body.
struct body_rule {
    std::size_t limit{0};  ///< bytes; 0: no body is expected (one up to 64 KiB is read and thrown away)
    /// json: a missing or other Content-Type is refused with 415, unless `limit` is 0.
    enum class media : unsigned char { any, json } type{media::any};
};

/// Why a request is refused before its handler; each is a label of `http_rejected_total{listener,reason}`.
enum class refusal_reason : unsigned char {
    not_found = 1,
    method_not_allowed,
    unauthorized,
    cross_site,
    too_large,
    unsupported_media_type,
    bad_request,
    admission,
    draining,
};

struct route {
    std::string method;
    std::string pattern;  ///< "/v1/tasks/{id}": {…} stands for one segment, which is not empty
    body_rule body;
    /// Sees the headers, before any of the body is read; a response refuses. May be empty.
    std::function<std::optional<response>(request&)> admit;
    std::function<awaitable<response>(request)> handle;
    /// Told when the body was refused after `admit` had passed: 413, 415, 400 (bad framing or cut short), 408 (too
    /// slow). May be empty. Must not throw.
    std::function<void(request const&, int status)> on_body_refused;
};

/// Runs before routing for the path `prefix` and every one below it: authentication. A response refuses; it may set
/// `principal`.
struct guard {
    std::string prefix;
    std::function<std::optional<response>(request&)> check;
    refusal_reason counts_as{refusal_reason::unauthorized};
};

/// What a guard answers instead of letting a request pass.
struct guard_refusal {
    response answer;
    refusal_reason reason{};
};

/// Renders an error that the http room itself found (400, 404, 405, 408, 413, 415, 431, 500, 503).
/// `allow` is the value of `Allow` for 405. The default renders problem+json.
using error_renderer = std::function<response(int status, std::string_view code, std::string_view detail)>;

/// What a path and method lead to.
struct match {
    route const* found{};  ///< nothing: `status` says why
    std::vector<std::string> parameters;
    int status{404};    ///< 404, 405 or 400 (broken escape)
    std::string allow;  ///< for 405
};

/// Literal segments are compared as they are on the wire, so that no spelling of a guarded path escapes its guard; of
/// two patterns that fit, the one with fewer {…} wins.
class router {
public:
    explicit router(std::vector<route> routes, std::vector<guard> guards = {}, error_renderer errors = {});

    /// HEAD is served by GET's route without its body.
    [[nodiscard]] match find(std::string_view method, std::string_view path) const;
    /// The first refusal of the guards that apply, in their order.
    [[nodiscard]] std::optional<guard_refusal> check_guards(request& item) const;
    [[nodiscard]] response error(int status, std::string_view code, std::string_view detail) const;
    [[nodiscard]] std::vector<route> const& routes() const noexcept { return routes_; }

private:
    using segments = std::vector<std::string_view>;

    [[nodiscard]] std::string allowed_methods(segments const& path) const;

    std::vector<route> routes_;
    std::vector<guard> guards_;
    error_renderer errors_;
};

}  // namespace voicehook::http

namespace voicehook {
template <>
inline constexpr auto names_of<http::refusal_reason> = std::array{
    entry(http::refusal_reason::not_found, "not_found"),
    entry(http::refusal_reason::method_not_allowed, "method_not_allowed"),
    entry(http::refusal_reason::unauthorized, "unauthorized"),
    entry(http::refusal_reason::cross_site, "cross_site"),
    entry(http::refusal_reason::too_large, "too_large"),
    entry(http::refusal_reason::unsupported_media_type, "unsupported_media_type"),
    entry(http::refusal_reason::bad_request, "bad_request"),
    entry(http::refusal_reason::admission, "admission"),
    entry(http::refusal_reason::draining, "draining"),
};
}  // namespace voicehook
