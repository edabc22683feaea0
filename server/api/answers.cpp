#include "api/answers.hpp"

#include "wire/task_view.hpp"

#include <algorithm>
#include <cctype>

namespace voicehook::api {
namespace {

constexpr auto store_retry = 2s;

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right,
                              [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace

http::response problem_response(wire::problem const& item) {
    auto answer = http::json_response(item.status, wire::render(item));
    answer.content_type = wire::problem_media_type;
    return answer;
}

http::response problem_response(int status, std::string_view code, std::string detail) {
    return problem_response(wire::problem{.status = status, .code = std::string{code}, .detail = std::move(detail)});
}

http::response invalid_response(core::complaints complaints) {
    auto const count = complaints.size();
    auto detail = count == 1 && complaints.front().field.empty()
                      ? complaints.front().message
                      : std::to_string(count) + (count == 1 ? " field is" : " fields are") + " invalid; see errors";
    return problem_response(wire::problem{
        .status = 400, .code = "invalid_request", .detail = std::move(detail), .errors = std::move(complaints)});
}

http::response unavailable_response(failure const& why) {
    auto const draining = why.code == errc::stopping;
    auto answer = problem_response(503, draining ? "draining" : "store_unavailable",
                                   draining ? "The service is shutting down; send the request again."
                                            : "Nothing was stored; send the request again.");
    answer.headers.emplace_back("Retry-After", retry_after_value(store_retry));
    return answer;
}

http::response unknown_task_response() { return problem_response(404, "task_not_found", "There is no such task."); }

http::response task_response(int status, core::task const& item) {
    return http::json_response(status, wire::render_task(item));
}

std::string retry_after_value(duration wait) {
    return std::to_string(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
}

std::optional<std::string_view> bearer_token(http::request const& item) {
    constexpr std::string_view scheme = "Bearer ";
    auto const header = item.header("Authorization");
    if (!header || header->size() <= scheme.size()) return std::nullopt;
    if (!equal_ignoring_case(header->substr(0, scheme.size()), scheme)) return std::nullopt;
    return header->substr(scheme.size());
}

}  // namespace voicehook::api
