#include "http/response_head.hpp"

#include "http/message_text.hpp"
#include "wire/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace voicehook::http {
namespace {

constexpr std::size_t usual_head = 512;

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
    head.bytes.reserve(usual_head + (options.framing == body_framing::sized ? item.body.size() : 0));
    auto const add = [&bytes = head.bytes](std::string_view name, std::string_view value) {
        bytes.append(name).append(": ").append(value).append("\r\n");
    };
    head.bytes.append("HTTP/1.1 ").append(fmt::format_int{item.status}.c_str()).append(" ");
    head.bytes.append(wire::reason_phrase(item.status)).append("\r\n");
    add("Date", to_http_date(options.now));
    if (!options.request_id.empty()) add("X-Request-Id", options.request_id);

    if (options.framing == body_framing::chunked && !is_bodiless(item.status)) add("Transfer-Encoding", "chunked");
    if (options.framing == body_framing::sized && !is_bodiless(item.status))
        add("Content-Length", fmt::format_int{item.body.size()}.c_str());
    if (options.after == persistence::close) add("Connection", "close");

    if (!item.content_type.empty()) {
        if (is_field_value(item.content_type))
            add("Content-Type", item.content_type);
        else
            ++head.dropped;
    }
    for (auto const& [name, value] : item.headers) {
        if (may_be_written(name, value))
            add(name, value);
        else
            ++head.dropped;
    }
    head.bytes += "\r\n";
    return head;
}

}  // namespace voicehook::http
