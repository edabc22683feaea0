#include "wire/problem.hpp"

#include "wire/json_value.hpp"
#include "wire/raw_json.hpp"

#include <array>
#include <utility>
#include <vector>

namespace voicehook::wire {

namespace {

constexpr std::array<std::pair<int, std::string_view>, 34> phrases{{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

std::string render_errors(core::complaints const& errors) {
    auto out = std::string{"["};
    for (auto const& item : errors) {
        if (out.size() > 1) out += ',';
        auto one = object_writer{};
        one.text("field", item.field).text("message", item.message);
        out += std::move(one).finish();
    }
    return out += ']';
}

std::string render_envelope_error(problem const& item) {
    if (split_object(item.error_json)) return item.error_json;
    auto const type = item.status >= 500 ? "server_error" : "invalid_request_error";
    auto out = object_writer{};
    out.text("code", item.code).text("message", item.detail).text("type", type);
    return std::move(out).finish();
}

/// The provider's words for people, where it has any.
std::string message_of(core::refusal const& why) {
    auto const members = split_object(why.error_json);
    auto const message = members ? find_member(*members, "message") : std::nullopt;
    auto text = message ? decode_text(*message) : std::string{};
    return text.empty() ? "The request was refused: " + why.code : text;
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
    for (auto const& [candidate, phrase] : phrases)
        if (candidate == status) return phrase;
    return "Unknown";
}

std::string render(problem const& item) {
    auto out = object_writer{};
    out.text("type", "about:blank").text("title", reason_phrase(item.status)).number("status", item.status);
    out.text("detail", item.detail);
    if (!item.errors.empty()) out.raw("errors", render_errors(item.errors));
    out.raw("error", render_envelope_error(item));
    return std::move(out).finish();
}

problem problem_of(core::refusal const& why) {
    auto const status = why.http_status >= 400 && why.http_status <= 599 ? why.http_status : 502;
    return {.status = status, .code = why.code, .detail = message_of(why), .error_json = why.error_json};
}

}  // namespace voicehook::wire
