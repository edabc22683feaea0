#include "tests/simulator/refusals.hpp"

#include "tests/simulator/answers.hpp"

#include <fmt/format.h>

namespace simulator {
namespace {

struct row {
    unsigned status;
    std::string_view code;
    std::string_view type;
    std::string_view message;
};

constexpr std::string_view gateway_page =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "</body>\r\n</html>\r\n";

refusal gateway() { return {.status = 502, .body = std::string{gateway_page}, .content_type = "text/html"}; }

refusal enveloped(row const& which, std::string_view request_id) {
    auto const message = fmt::format("{} (request id: {})", which.message, request_id);
    return {.status = which.status, .body = error_body(quoted(which.code), message, which.type)};
}

row row_for(submit_error kind) {
    switch (kind) {
        case submit_error::invalid_request:
            return {400, "invalid_request", "invalid_request_error", "The request is invalid."};
        case submit_error::no_available_channel:
            return {400, "no_available_channel", "invalid_request_error", "No available channel for this model."};
        case submit_error::unauthorized: return {401, "unauthorized", "authentication_error", "Invalid API key."};
        case submit_error::key_disabled:
            return {401, "KEY_DISABLED", "authentication_error", "This API key is disabled."};
        case submit_error::key_expired:
            return {401, "key_expired", "authentication_error", "This API key has expired."};
        case submit_error::insufficient_quota:
            return {402, "insufficient_quota", "insufficient_quota_error", "Insufficient quota."};
        case submit_error::insufficient_user_quota:
            return {402, "insufficient_user_quota", "insufficient_quota_error", "Insufficient user quota."};
        case submit_error::model_access_denied:
            return {403, "model_access_denied", "permission_error", "This key may not use this model."};
        case submit_error::permission_denied:
            return {403, "permission_denied", "permission_error", "Permission denied."};
        case submit_error::idempotency_conflict:
            return {409, "idempotency_conflict", "idempotency_error",
                    "This idempotency key was used with another request body."};
        case submit_error::paid_outcome_unknown:
            return {409, "paid_outcome_unknown", "idempotency_error",
                    "The first request with this idempotency key has no known outcome yet."};
        case submit_error::rate_limit_exceeded:
        case submit_error::rate_limit_retry_after:
            return {429, "rate_limit_exceeded", "rate_limit_error", "Too many requests."};
        case submit_error::unavailable: return {503, "service_unavailable", "api_error", "The service is unavailable."};
        case submit_error::internal_error:
        case submit_error::request_too_large_error:
        case submit_error::bad_gateway_html:
        case submit_error::legacy_envelope:
        case submit_error::oauth_envelope: break;
    }
    return {500, "internal_error", "api_error", "Internal error."};
}

row row_for(query_error kind) {
    switch (kind) {
        case query_error::rate_limited: return {429, "rate_limit_exceeded", "rate_limit_error", "Too many requests."};
        case query_error::not_found: return {404, "task_not_found", "not_found_error", "Task not found."};
        case query_error::invalid_task_id: return {400, "invalid_task_id", "invalid_request_error", "Invalid task id."};
        case query_error::unauthorized: return {401, "unauthorized", "authentication_error", "Invalid API key."};
        case query_error::quota_exceeded: return {402, "quota_exceeded", "insufficient_quota_error", "Quota exceeded."};
        case query_error::permission_denied:
            return {403, "permission_denied", "permission_error", "Permission denied."};
        case query_error::error_500:
        case query_error::bad_gateway_html:
        case query_error::stall: break;
    }
    return {500, "internal_error", "api_error", "Internal error."};
}

}  // namespace

refusal refusal_for(submit_error kind, std::string_view request_id) {
    if (kind == submit_error::bad_gateway_html) return gateway();
    if (kind == submit_error::request_too_large_error) return request_too_large();
    if (kind == submit_error::legacy_envelope) {
        return {.status = 500, .body = R"({"success":false,"code":"internal_error","msg":"Internal error."})"};
    }
    if (kind == submit_error::oauth_envelope) {
        return {.status = 500, .body = R"({"error":"server_error","error_description":"Internal error."})"};
    }
    auto made = enveloped(row_for(kind), request_id);
    if (kind == submit_error::rate_limit_retry_after) made.retry_after = "1";
    return made;
}

refusal refusal_for(query_error kind, std::string_view request_id) {
    if (kind == query_error::bad_gateway_html) return gateway();
    return enveloped(row_for(kind), request_id);
}

refusal invalid_request(std::string_view message, std::string_view param) {
    return {.status = 400, .body = error_body(quoted("invalid_request"), message, "invalid_request_error", param)};
}

refusal invalid_task_id() {
    return {.status = 400,
            .body = error_body(quoted("invalid_task_id"), "Invalid task id.", "invalid_request_error", "task_id")};
}

refusal task_not_found() {
    return {.status = 404, .body = error_body(quoted("task_not_found"), "Task not found.", "not_found_error")};
}

refusal no_such_route() {
    return {.status = 404, .body = error_body(quoted("not_found"), "No such route.", "invalid_request_error")};
}

refusal request_too_large() {
    return {.status = 413, .body = error_body("413", "Request body too large.", "request_too_large_error")};
}

}  // namespace simulator
