#include "samples.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::contract {

task_id id_of(unsigned n) {
    auto const byte = [n](unsigned shift) { return static_cast<std::uint8_t>(n >> shift); };
    return make_task_id(noon + duration{n}, {0, 0, 0, 0, 0, 0, byte(24), byte(16), byte(8), byte(0)});
}

provider_task_id provider_id_of(unsigned n) { return provider_task_id{fmt::format("task-unified-{}", n)}; }

delivery_id delivery_of(task_id const& task, sink_name const& sink) {
    return delivery_id{fmt::format("msg_{}_{}", task.value(), sink.value())};
}

core::task sample(unsigned n) {
    auto item = core::task{};
    item.id = id_of(n);
    item.caller = caller_name{"tts"};
    item.created_at = noon + duration{n};
    item.model = "qwen-voice-design";
    item.submit_body = fmt::format(R"({{"n":{}}})", n);
    item.fingerprint = fmt::format("fingerprint-{}", n);
    item.request_id = fmt::format("request-{}", n);
    item.deadline = noon + 10min;
    item.answer_by = noon + 10s;
    item.state = core::queued{noon};
    return item;
}

core::task submitting_sample(unsigned n) {
    auto item = sample(n);
    item.state = core::submitting{noon + 1min};
    item.submissions = 1;
    item.lease_token = 1;
    return item;
}

ports::claim_terms claim_at(instant now, std::size_t limit, lease_owner owner, duration lease) {
    return {.owner = std::move(owner), .now = now, .lease_until = now + lease, .limit = limit};
}

core::submission_accepted accepted_as(provider_task_id id, instant poll_at) {
    return {.ref = std::move(id),
            .status = core::reported_status::pending,
            .body = R"({"status":"pending"})",
            .poll_at = poll_at};
}

core::callback_received callback_of(provider_task_id id, core::reported_status status, std::string body) {
    return {.report = {.id = std::move(id), .status = status}, .body = std::move(body), .source_address = "192.0.2.1"};
}

core::query_answered answer_of(provider_task_id id, core::reported_status status, instant poll_at) {
    return {.report = {.id = std::move(id), .status = status}, .body = "{\"from\":\"query\"}", .poll_at = poll_at};
}

ports::render_function deliver_to(std::vector<sink_name> sinks) {
    return [sinks = std::move(sinks)](core::task const& ended) {
        auto rendered = std::vector<core::new_delivery>{};
        for (auto const& sink : sinks)
            rendered.push_back({.id = delivery_of(ended.id, sink),
                                .sink = sink,
                                .destination = std::nullopt,
                                .content_type = "application/json",
                                .body = fmt::format("{} {}", ended.id.value(), to_text(core::shown_status(ended)))});
        return rendered;
    };
}

ports::render_function deliver_nothing() { return deliver_to({}); }

ports::attempt_record attempt_of(core::delivery const& claimed, core::delivery_decision decision,
                                 core::attempt_outcome outcome, instant now) {
    return {.id = claimed.id,
            .token = claimed.lease_token,
            .decision = std::move(decision),
            .outcome = std::move(outcome),
            .took = 12ms,
            .now = now};
}

}  // namespace voicehook::contract
