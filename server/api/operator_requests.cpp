#include "api/operator_requests.hpp"

#include "api/answers.hpp"
#include "wire/json_reader.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::api {
namespace {

constexpr std::size_t max_action_body = 16 * 1024;

}  // namespace

http::route reading_route(std::string pattern, request_handler handle) {
    return {.method = "GET",
            .pattern = std::move(pattern),
            .body = {},
            .admit = {},
            .handle = std::move(handle),
            .on_body_refused = {}};
}

http::route action_route(std::string pattern, request_handler handle, action_body body) {
    using media = http::body_rule::media;
    return {.method = "POST",
            .pattern = std::move(pattern),
            .body = {max_action_body, body == action_body::json ? media::json : media::any},
            .admit = {},
            .handle = std::move(handle),
            .on_body_refused = {}};
}

void check_reason(std::string_view reason, core::complaints& complaints) {
    if (reason.empty() || reason.size() > max_reason) complaints.push_back({"reason", "must have 1 to 500 bytes"});
}

std::expected<std::string, core::complaints> read_reason(std::string_view body) {
    wire::json_reader in{body};
    auto reason = in.required_text("reason");
    in.allow_only({"reason"});
    auto complaints = in.complaints();
    if (!in.failed()) check_reason(reason, complaints);
    if (!complaints.empty()) return std::unexpected{std::move(complaints)};
    return reason;
}

http::response failed_action(failure const& why, std::string_view what) {
    if (why.code == errc::not_found)
        return problem_response(404, "not_found", "There is no such " + std::string{what} + ".");
    if (why.code == errc::conflict)
        return problem_response(409, "conflict", "The " + std::string{what} + " is not in a state that allows this.");
    return unavailable_response(why);
}

void note_action(flows::activity& lately, ports::action const& done, std::optional<task_id> task,
                 std::optional<sink_name> sink) {
    lately.note({.at = done.at,
                 .kind = flows::happening::action,
                 .task = std::move(task),
                 .caller = {},
                 .sink = std::move(sink),
                 .detail = fmt::format("{} by {}: {}", to_text(done.what), done.who, done.subject)});
}

http::response done_response() { return http::json_response(200, R"({"status":"done"})"); }

}  // namespace voicehook::api
