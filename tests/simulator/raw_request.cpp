#include "tests/simulator/raw_request.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace simulator {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t oversized_bytes = 256 * 1024;
constexpr std::size_t drips = 40;

std::string head(callback_url const& url, std::string_view target, std::string_view framing) {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Go-http-client/1.1\r\nContent-Type: application/json\r\n"
        "{}\r\n\r\n",
        target, url.authority, framing);
}

std::string with_length(callback_url const& url, std::string_view target, std::string_view body) {
    auto text = head(url, target, fmt::format("Content-Length: {}", body.size()));
    text += body;
    return text;
}

raw_request at_once(std::string bytes) { return {.pieces = {{std::move(bytes)}}}; }

raw_request oversized(callback_url const& url, std::string_view body) {
    auto padded = std::string{body};
    auto const padding = fmt::format(R"(,"padding":"{:x>{}}"}})", "", oversized_bytes);
    padded.replace(padded.size() - 1, 1, padding);
    return at_once(with_length(url, url.target, padded));
}

raw_request truncated(callback_url const& url, std::string_view body) {
    auto text = head(url, url.target, fmt::format("Content-Length: {}", body.size() + 512));
    text += body;
    return {.pieces = {{std::move(text), 200ms}}, .then = raw_request::finish::close};
}

raw_request chunked(callback_url const& url, std::string_view body) {
    auto text = head(url, url.target, "Transfer-Encoding: chunked");
    auto const half = body.size() / 2;
    text += fmt::format("{:x};name=value\r\n{}\r\n", half, body.substr(0, half));
    text += fmt::format("{:x};other=\"quoted\"\r\n{}\r\n0\r\n\r\n", body.size() - half, body.substr(half));
    return at_once(std::move(text));
}

raw_request slow_drip(callback_url const& url, std::string_view body) {
    auto made = raw_request{};
    made.pieces.push_back({head(url, url.target, fmt::format("Content-Length: {}", body.size()))});
    for (auto const letter : body.substr(0, std::min(drips, body.size()))) {
        made.pieces.push_back({std::string(1, letter), 100ms});
    }
    made.then = raw_request::finish::close;
    return made;
}

}  // namespace

raw_request callback_request(callback_url const& url, std::string_view body) {
    return at_once(with_length(url, url.target, body));
}

raw_request hostile_request(hostile kind, callback_url const& url, std::string_view body,
                            std::string_view stranger_body) {
    switch (kind) {
        case hostile::forged_token: return at_once(with_length(url, forged_target(url.target), body));
        case hostile::wrong_task: return at_once(with_length(url, url.target, stranger_body));
        case hostile::oversized: return oversized(url, body);
        case hostile::truncated: return truncated(url, body);
        case hostile::chunked: return chunked(url, body);
        case hostile::slow_drip: return slow_drip(url, body);
        case hostile::not_json:
        case hostile::all: break;
    }
    return at_once(with_length(url, url.target, "status=completed&id=task-unified-1"));
}

std::string forged_target(std::string_view target) {
    auto forged = std::string{target};
    auto const segment = forged.rfind('/') + 1;
    auto const dot = forged.rfind('.');
    auto const at = dot == std::string::npos || dot < segment ? segment : dot + 1;
    if (at >= forged.size()) return forged + "x";
    forged[at] = forged[at] == 'A' ? 'B' : 'A';
    return forged;
}

}  // namespace simulator
