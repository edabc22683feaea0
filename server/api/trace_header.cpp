#include "api/trace_header.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace voicehook::api {
namespace {

constexpr std::string_view header_name = "traceparent";

bool is_traceparent(http::header_list::value_type const& header) {
    return http::find_header({header}, header_name).has_value();
}

}  // namespace

std::optional<trace_context> read_trace(http::request const& item) {
    if (std::ranges::count_if(item.headers, is_traceparent) != 1) return std::nullopt;
    return read_traceparent(item.header(header_name).value());
}

trace_context read_or_begin_trace(http::request const& item) {
    auto const given = read_trace(item);
    if (given) return *given;
    auto const now = std::chrono::floor<duration>(std::chrono::system_clock::now());
    return begin_trace(now, random_entropy(), random_entropy());
}

}  // namespace voicehook::api
