#include "http/response_head.hpp"

#include "http/message_text.hpp"
#include "wire/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace voicehook::http {
namespace {

constexpr auto ours = std::array<std::string_view, 7>{"content-length", "transfer-encoding", "connection", "date",
                                                      "x-request-id",   "content-type",      "trailer"};

bool may_be_written(std::string_view name, std::string_view value) {
    auto const is_ours = [name](std::string_view other) { return equal_ignoring_case(name, other); };
    return is_token(name) && is_field_value(value) && std::ranges::none_of(ours, is_ours);
}

}  // namespace

bool is_bodiless(int status) noexcept { return status < 200 || status == 204 || status == 304; }

rendered_head render_head(response const& item, head_options const& options) {
    auto head = rendered_head{};
    auto out = std::back_inserter(head.bytes);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\n", item.status, wire::reason_phrase(item.status),
                   to_http_date(options.now));
    if (!options.request_id.empty()) fmt::format_to(out, "X-Request-Id: {}\r\n", options.request_id);

    if (options.framing == body_framing::chunked && !is_bodiless(item.status))
        head.bytes += "Transfer-Encoding: chunked\r\n";
    if (options.framing == body_framing::sized && !is_bodiless(item.status))
        fmt::format_to(out, "Content-Length: {}\r\n", item.body.size());
    if (options.after == persistence::close) head.bytes += "Connection: close\r\n";

    if (!item.content_type.empty()) {
        if (is_field_value(item.content_type))
            fmt::format_to(out, "Content-Type: {}\r\n", item.content_type);
        else
            ++head.dropped;
    }
    for (auto const& [name, value] : item.headers) {
        if (may_be_written(name, value))
            fmt::format_to(out, "{}: {}\r\n", name, value);
        else
            ++head.dropped;
    }
    head.bytes += "\r\n";
    return head;
}

}  // namespace voicehook::http
