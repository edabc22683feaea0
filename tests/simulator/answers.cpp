#include "tests/simulator/answers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace simulator {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view model = "qwen-voice-design";
constexpr std::string_view object = "audio.generation.task";

std::string task_info(std::string_view can_cancel) { return json_text{}.raw("can_cancel", can_cancel).str(); }

bool fails(outcome how, std::optional<body_shape> shape) {
    auto const needs_failure = shape == body_shape::no_error || shape == body_shape::integer_code;
    return how == outcome::failed || how == outcome::request_cancelled || (how == outcome::completed && needs_failure);
}

std::string voice_name(task const& item, std::optional<body_shape> shape) {
    if (shape != body_shape::long_voice) return item.voice;
    return fmt::format("qwen-tts-vd-{}-voice-{:017}", item.request.preferred_name, 20260402000000000 + item.number);
}

std::string preview_url(task const& item) {
    return fmt::format("https://files.evolink.ai/sim/preview.{}", item.request.response_format);
}

std::string result_data(task const& item, std::optional<body_shape> shape) {
    auto data = json_text{}
                    .text("voice", voice_name(item, shape))
                    .text("target_model", item.request.target_model)
                    .text("audio_url", preview_url(item))
                    .number("sample_rate", item.request.sample_rate)
                    .text("response_format", item.request.response_format)
                    .str();
    return shape == body_shape::result_array ? "[" + data + "]" : data;
}

std::string usage(std::optional<body_shape> shape) {
    if (shape == body_shape::fractional_credits) {
        return json_text{}.raw("credits_reserved", "2.5").raw("credits_used", "1.75").str();
    }
    auto made = json_text{}.number("credits_reserved", credits_per_voice);
    if (shape == body_shape::huge_number) return made.raw("credits_used", "1e400").str();
    if (shape == body_shape::twenty_digits) return made.raw("credits_used", "12345678901234567890").str();
    return made.number("credits_used", credits_per_voice).str();
}

std::string error_member(outcome how, std::optional<body_shape> shape) {
    if (how == outcome::request_cancelled) {
        return json_text{}
            .text("code", "request_cancelled")
            .text("message", "Request cancelled.")
            .text("type", "task_error")
            .str();
    }
    return json_text{}
        .raw("code", shape == body_shape::integer_code ? "500" : quoted("content_policy_violation"))
        .text("message", "Content policy violation.")
        .text("type", "task_error")
        .str();
}

json_text beginning(task const& item, int progress, std::optional<body_shape> shape) {
    auto body = json_text{};
    body.number("created", item.created).text("id", item.id).text("model", model).text("object", object);
    if (shape == body_shape::duplicate_keys) body.number("progress", 99).text("object", object);
    body.number("progress", progress);
    return body;
}

std::string minimal_body(task const& item, std::string_view status) {
    auto body = json_text{}.text("id", item.id).text("status", status).text("model", model);
    if (status == "completed") body.raw("results", "[" + quoted(preview_url(item)) + "]");
    return body.str();
}

std::string completed_body(task const& item, std::optional<body_shape> shape, std::string_view status) {
    auto body = beginning(item, 100, shape);
    if (shape != body_shape::no_results) body.raw("results", "[" + quoted(preview_url(item)) + "]");
    if (shape != body_shape::result_absent) body.raw("result_data", result_data(item, shape));
    body.text("status", status);
    if (shape == body_shape::duplicate_keys) body.text("status", status);
    body.raw("task_info", task_info("false")).text("type", "audio").raw("usage", usage(shape));
    if (shape == body_shape::unknown_fields) {
        body.text("request_id", "req-unknown")
            .raw("later_addition", R"({"nested":[1,2.50,{"deep":null}],"flag":true})");
    }
    return body.str();
}

std::string unsuccessful_body(task const& item, outcome how, std::optional<body_shape> shape, std::string_view status) {
    auto body = beginning(item, 0, shape);
    body.text("status", status);
    if (status == "failed" && shape != body_shape::no_error) body.raw("error", error_member(how, shape));
    body.raw("task_info", task_info("false")).text("type", "audio");
    if (shape == body_shape::unknown_fields) body.raw("later_addition", R"({"nested":[1,2.50]})");
    return body.str();
}

}  // namespace

task_view view_of(task const& item, steady::time_point now) {
    auto const lags = item.plan.manner == callback_manner::query_lags && now < item.ended_at + item.plan.query_lag;
    if (item.ended && !lags) {
        return {.status = ended_status(*item.ended, item.plan.shape), .progress = 100, .ended = item.ended};
    }
    auto const elapsed = now - item.accepted_at;
    auto const pending = std::min<std::chrono::milliseconds>(item.plan.work / 10, 1s);
    if (!item.ended && elapsed < pending) return {.status = "pending", .progress = 0};
    auto const work = std::max<std::chrono::milliseconds>(item.plan.work, 1ms);
    auto const percent = 100 * std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count() / work.count();
    return {.status = "processing", .progress = static_cast<int>(std::clamp<std::int64_t>(percent, 1, 99))};
}

std::string accepted_body(task const& item, task_view const& view, std::chrono::seconds estimate, id_member id) {
    auto const info = json_text{}
                          .raw("can_cancel", "true")
                          .number("estimated_time", estimate.count())
                          .text("audio_type", "voice_design")
                          .str();
    auto body = json_text{}.number("created", item.created);
    if (id == id_member::present) body.text("id", item.id);
    return body.text("model", model)
        .text("object", object)
        .number("progress", view.progress)
        .text("status", view.status)
        .raw("task_info", info)
        .text("type", "audio")
        .raw("usage", json_text{}.number("credits_reserved", credits_per_voice).str())
        .str();
}

std::string query_body(task const& item, task_view const& view) {
    if (view.ended) return ended_body(item, *view.ended, item.plan.shape);
    return beginning(item, view.progress, std::nullopt)
        .text("status", view.status)
        .raw("task_info", task_info("true"))
        .text("type", "audio")
        .str();
}

std::string_view ended_status(outcome how, std::optional<body_shape> shape) noexcept {
    if (shape == body_shape::unknown_status) return "archived";
    if (fails(how, shape)) return "failed";
    return text_of(how);
}

std::string ended_body(task const& item, outcome how, std::optional<body_shape> shape) {
    auto const status = ended_status(how, shape);
    if (shape == body_shape::minimal) return minimal_body(item, status);
    if (how == outcome::completed && !fails(how, shape)) return completed_body(item, shape, status);
    return unsuccessful_body(item, how, shape, status);
}

std::string error_body(std::string_view code, std::string_view message, std::string_view type, std::string_view param) {
    auto error = json_text{}.raw("code", code).text("message", message).text("type", type);
    if (!param.empty()) error.text("param", param);
    return json_text{}.raw("error", error.str()).str();
}

std::string credits_body(std::optional<std::int64_t> remaining, std::int64_t used) {
    auto user = json_text{};
    if (remaining) user.number("remaining_credits", *remaining);
    user.number("used_credits", used);
    auto const token = json_text{}
                           .number("remaining_credits", remaining.value_or(0))
                           .number("used_credits", used)
                           .raw("unlimited_credits", remaining ? "false" : "true")
                           .str();
    auto const data = json_text{}.raw("token", token).raw("user", user.str()).str();
    return json_text{}.raw("data", data).text("message", "").raw("success", "true").str();
}

}  // namespace simulator
