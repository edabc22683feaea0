#include "api/callbacks.hpp"

#include "api/trace_header.hpp"
#include "base/log.hpp"
#include "core/canary.hpp"
#include "wire/canary_message.hpp"

namespace voicehook::api {
namespace {

double seconds_since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

http::response empty_response(int status) {
    http::response answer;
    answer.status = status;
    return answer;
}

http::response status_response(std::string_view status) {
    return http::json_response(200, "{\"status\":\"" + std::string{status} + "\"}");
}

http::response try_again() {
    auto answer = empty_response(503);
    answer.headers.emplace_back("Retry-After", "1");
    return answer;
}

http::response answer_for(flows::callback_result result) {
    switch (result) {
        case flows::callback_result::accepted:
        case flows::callback_result::evidence: return status_response("accepted");
        case flows::callback_result::duplicate: return status_response("duplicate");
        case flows::callback_result::conflict: return status_response("conflict");
        case flows::callback_result::ignored: return status_response("ignored");
        case flows::callback_result::mismatch:
        case flows::callback_result::retired: return empty_response(404);
        case flows::callback_result::malformed: return empty_response(400);
        case flows::callback_result::orphan:
        case flows::callback_result::unavailable: return try_again();
    }
    return try_again();
}

/// The label of `callbacks_total` for our own, whatever became of them.
constexpr std::string_view canary_label = "canary";

/// The label of `callbacks_total` for a body that was refused before the handler.
std::string_view label_of(int status) {
    if (status == 413) return "too_large";
    return status == 415 ? "media_type" : "malformed";
}

}  // namespace

std::vector<http::route> callbacks::routes() {
    http::route receive_callback{
        .method = "POST",
        .pattern = std::string{wire::callback_path} + "{token}",
        .body = {.limit = max_body_, .type = http::body_rule::media::json},
        .admit = [this](http::request& item) { return admit(item); },
        .handle = [this](http::request item) { return receive(std::move(item)); },
        .on_body_refused = [this](http::request const& item, int status) { body_refused(item, status); }};
    return {std::move(receive_callback)};
}

std::optional<http::response> callbacks::admit(http::request& item) {
    auto const named = tokens_->verify(item.parameters.front());
    if (!named) {
        metrics_.add(telemetry::counter::callbacks, {"bad_token"});
        return empty_response(404);
    }
    item.principal = named->value();
    return std::nullopt;
}

awaitable<http::response> callbacks::receive(http::request item) {
    if (item.principal == core::canary_task) {
        auto answer = co_await answer_canary(std::move(item));
        co_return answer;
    }
    auto const began = std::chrono::steady_clock::now();
    auto const trace = read_or_begin_trace(item);
    auto const result =
        co_await intake_.receive(task_id{item.principal}, std::move(item.body), item.client_address, trace);
    metrics_.observe(telemetry::histogram::callback_ack_seconds, {}, seconds_since(began), trace.trace.value());
    co_return answer_for(result);
}

awaitable<http::response> callbacks::answer_canary(http::request item) {
    metrics_.add(telemetry::counter::callbacks, {canary_label});
    auto const nonce = wire::canary_nonce(item.body);
    if (!nonce) co_return empty_response(400);
    auto const storable = co_await intake_.probe();
    if (!storable) co_return try_again();
    co_return http::json_response(200, wire::canary_answer(tokens_->prove(*nonce)));
}

void callbacks::body_refused(http::request const& item, int status) {
    if (item.principal == core::canary_task) return metrics_.add(telemetry::counter::callbacks, {canary_label});
    metrics_.add(telemetry::counter::callbacks, {label_of(status)});
    errands_.spawn("ask_instead", ask_instead(task_id{item.principal}, status, read_or_begin_trace(item)));
}

awaitable<void> callbacks::ask_instead(task_id id, int status, trace_context trace) {
    auto why = "a callback's body was refused with " + std::to_string(status);
    auto const asked = co_await intake_.ask_instead(id, std::move(why), trace);
    log_warning("callback_refused",
                {{"task", id}, {"trace_id", trace.trace}, {"task_trace_id", asked.task_trace}, {"status", status}});
}

awaitable<void> callbacks::finish() { co_await errands_.drained(); }

}  // namespace voicehook::api
