#include "api/audios.hpp"

#include "api/answers.hpp"
#include "api/trace_header.hpp"
#include "wire/voice_design_request.hpp"

#include <algorithm>
#include <expected>

namespace voicehook::api {
namespace {

constexpr std::size_t max_idempotency_key = 255;

bool visible(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char byte) { return byte > 0x20 && byte < 0x7f; });
}

/// The key without the quotes that the Idempotency-Key draft puts around it.
std::expected<std::optional<std::string>, core::complaint> read_idempotency_key(http::request const& item) {
    auto const header = item.header("Idempotency-Key");
    if (!header) return std::nullopt;
    auto key = *header;
    if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
    if (key.empty() || key.size() > max_idempotency_key || !visible(key))
        return std::unexpected{core::complaint{"Idempotency-Key", "must be 1 to 255 visible ASCII characters"}};
    return std::string{key};
}

bool wants_async(http::request const& item) {
    for (auto const& [name, value] : item.headers) {
        auto const is_prefer = http::find_header({{name, value}}, "Prefer").has_value();
        if (is_prefer && value.find("respond-async") != std::string::npos) return true;
    }
    return false;
}

/// As we write it; empty when the caller sent none that counts.
std::string given_trace_parent(http::request const& item) {
    auto const given = read_trace(item);
    return given ? write_traceparent(*given) : std::string{};
}

bool decided(core::task const& item) {
    auto const where = core::stage_of(item.state);
    return where == core::stage::in_flight || where == core::stage::ended;
}

http::response answer_for(core::task const& item) {
    if (!decided(item)) {
        auto answer = task_response(202, item);
        answer.headers.emplace_back("Location", "/v1/tasks/" + item.id.value());
        return answer;
    }
    auto const refused = item.refused && item.source != core::result_source::operator_action;
    if (!refused) return task_response(200, item);
    auto answer = problem_response(wire::problem_of(*item.refused));
    if (answer.status == 429 || answer.status == 503) answer.headers.emplace_back("Retry-After", "30");
    return answer;
}

http::response over_quota() {
    auto answer = problem_response(429, "too_many_open_tasks",
                                   "This caller has as many open tasks as it may; wait until some have ended.");
    answer.headers.emplace_back("Retry-After", "5");
    return answer;
}

http::response still_running() {
    auto answer = problem_response(409, "idempotency_in_progress",
                                   "The first request with this Idempotency-Key is still running; try again shortly.");
    answer.headers.emplace_back("Retry-After", "1");
    return answer;
}

}  // namespace

std::vector<http::route> audios::routes() {
    http::route create_task{.method = "POST",
                            .pattern = "/v1/audios/generations",
                            .body = {.limit = settings_.max_body, .type = http::body_rule::media::json},
                            .admit = {},
                            .handle = [this](http::request item) { return create(std::move(item)); },
                            .on_body_refused = {}};
    return {std::move(create_task)};
}

awaitable<http::response> audios::create(http::request item) {
    auto content = wire::read_voice_design(item.body, settings_.callback_urls);
    auto key = read_idempotency_key(item);
    core::complaints complaints;
    if (!content) complaints = std::move(content.error());
    if (!key) complaints.push_back(std::move(key.error()));
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));

    auto const caller = caller_name{item.principal};
    auto const* account = callers_.find(caller);
    if (account == nullptr) co_return problem_response(401, "unauthorized", "This caller no longer exists.");
    auto const wait = wants_async(item) ? duration::zero() : settings_.wait;

    flows::submission_request request{.caller = caller,
                                      .max_open = account->max_open,
                                      .content = std::move(*content),
                                      .idempotency_key = std::move(*key),
                                      .trace_parent = given_trace_parent(item),
                                      .request_id = item.request_id,
                                      .wait = wait};
    auto accepted = co_await submit_.accept(std::move(request));
    if (!accepted) co_return unavailable_response(accepted.error());

    switch (accepted->what) {
        case ports::acceptance_outcome::over_quota: co_return over_quota();
        case ports::acceptance_outcome::still_running: co_return still_running();
        case ports::acceptance_outcome::key_reused:
            co_return problem_response(422, "idempotency_key_reused",
                                       "This Idempotency-Key was used with another body; use a new key.");
        case ports::acceptance_outcome::stored:
        case ports::acceptance_outcome::replayed: break;
    }
    auto const replayed = accepted->what == ports::acceptance_outcome::replayed;
    auto const state = replayed ? flows::freshness::perhaps_stale : flows::freshness::fresh;
    auto answer = co_await answer_when_decided(std::move(accepted->item), state, wait);
    if (replayed) answer.headers.emplace_back("Idempotent-Replayed", "true");
    co_return answer;
}

awaitable<http::response> audios::answer_when_decided(core::task item, flows::freshness state, duration wait) {
    if (decided(item) || wait == duration::zero()) co_return answer_for(item);
    auto const latest = co_await flows::follow(watch_, store_, std::move(item), state, decided, deadline::in(wait));
    co_return answer_for(latest);
}

}  // namespace voicehook::api
