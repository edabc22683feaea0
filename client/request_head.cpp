#include "client/request_head.hpp"

#include "base/header_text.hpp"
#include "base/utf8.hpp"
#include "client/text_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace voicehook::client {

namespace {

constexpr auto set_by_the_exchange = std::array<std::string_view, 8>{
    "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "expect"};

constexpr bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_method(std::string_view text) {
    return !text.empty() && text.size() <= 16 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_host(std::string_view text) {
    constexpr auto marks = std::string_view{"-._:"};
    return !text.empty() && text.size() <= 255 &&
           std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || marks.contains(c); });
}

bool is_target(std::string_view text) {
    return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool carries_body(outbound_request const& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

result<void> check(outbound_request const& request) {
    auto const wrong = [](std::string what) { return fail(errc::invalid, "write the request: " + std::move(what)); };
    if (!is_method(request.method)) return wrong("its method");
    if (request.url.scheme != "https" && request.url.scheme != "http") return wrong("the URL's scheme");
    if (!is_host(request.url.host)) return wrong("the URL's host");
    if (port_of(request.url) == 0) return wrong("the URL's port");
    if (!is_target(request.url.target)) return wrong("the URL's path");
    for (auto const& [name, value] : request.headers) {
        if (!is_header_name(name)) return wrong(fmt::format("the header name \"{}\"", printable(name, 64)));
        auto const ours = [&](std::string_view other) { return equal_ignoring_case(name, other); };
        if (std::ranges::any_of(set_by_the_exchange, ours)) return wrong(name + " is not for callers to set");
        if (!is_header_value(value)) return wrong("a control character in the value of " + name);
    }
    return {};
}

std::string bracketed(std::string const& host) { return host.contains(':') ? "[" + host + "]" : host; }

std::string host_and_port(core::url_parts const& url) {
    auto const host = bracketed(url.host);
    auto const usual = url.scheme == "https" ? 443 : 80;
    return port_of(url) == usual ? host : fmt::format("{}:{}", host, port_of(url));
}

}  // namespace

std::uint16_t port_of(core::url_parts const& url) noexcept {
    if (url.port.empty()) return url.scheme == "https" ? 443 : 80;
    auto port = std::uint16_t{};
    auto const* const end = url.port.data() + url.port.size();
    auto const [stopped, error] = std::from_chars(url.port.data(), end, port);
    return error == std::errc{} && stopped == end ? port : std::uint16_t{0};
}

result<std::string> render_head(outbound_request const& request, std::string_view user_agent) {
    auto const sound = check(request);
    if (!sound) return unexpected{sound.error()};

    auto head = std::string{};
    auto out = std::back_inserter(head);
    fmt::format_to(out, "{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.url.target,
                   host_and_port(request.url));
    if (!user_agent.empty() && is_header_value(user_agent)) fmt::format_to(out, "User-Agent: {}\r\n", user_agent);
    for (auto const& [name, value] : request.headers) fmt::format_to(out, "{}: {}\r\n", name, value);
    if (carries_body(request)) fmt::format_to(out, "Content-Length: {}\r\n", request.body.size());
    head += "\r\n";
    return head;
}

result<std::string> render_connect(core::url_parts const& target, std::string_view authorization,
                                   std::string_view user_agent) {
    if (!is_host(target.host) || port_of(target) == 0) return fail(errc::invalid, "write the request: the URL's host");
    if (!is_header_value(authorization))
        return fail(errc::invalid, "write the request: a control character in the proxy's user name or password");

    auto const where = fmt::format("{}:{}", bracketed(target.host), port_of(target));
    auto head = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", where);
    auto out = std::back_inserter(head);
    if (!user_agent.empty() && is_header_value(user_agent)) fmt::format_to(out, "User-Agent: {}\r\n", user_agent);
    if (!authorization.empty()) fmt::format_to(out, "Proxy-Authorization: {}\r\n", authorization);
    head += "\r\n";
    return head;
}

}  // namespace voicehook::client
