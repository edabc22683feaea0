#include "http/exchange.hpp"

#include "base/encoding.hpp"
#include "http/message_text.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::http {

std::optional<std::string_view> find_header(header_list const& headers, std::string_view name) {
    for (auto const& [key, value] : headers)
        if (equal_ignoring_case(key, name)) return value;
    return std::nullopt;
}

std::optional<std::vector<std::pair<std::string, std::string>>> request::query_parameters() const {
    auto pairs = std::vector<std::pair<std::string, std::string>>{};
    auto rest = std::string_view{query};
    while (!rest.empty()) {
        auto const part = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        if (part.empty()) continue;
        auto const equals = part.find('=');
        auto name = percent_decode(part.substr(0, equals));
        auto value = percent_decode(equals == part.npos ? std::string_view{} : part.substr(equals + 1));
        if (!name || !value) return std::nullopt;
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

response json_response(int status, std::string body) {
    return response{.status = status, .content_type = "application/json", .body = std::move(body)};
}

}  // namespace voicehook::http
