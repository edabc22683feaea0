#include "sinks/webhook_attempt.hpp"

#include "core/letter_case.hpp"
#include "core/tracing.hpp"
#include "sinks/cloud_event.hpp"
#include "sinks/outcome_failure.hpp"
#include "wire/provider_messages.hpp"
#include "wire/webhook_signature.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::sinks {

namespace {

constexpr std::size_t max_answer_body = 64 * 1024;

/// How much of an answer is kept: little of one that says that all is well.
constexpr std::size_t head_of_success = 256;
constexpr std::size_t head_of_failure = 1024;

/// Status, headers and the beginning of the body. A cookie is somebody's secret.
std::string head_of(client::outbound_response const& answer, std::size_t limit) {
    auto head = fmt::format("HTTP {}\n", answer.status);
    for (auto const& [name, value] : answer.headers)
        head += fmt::format("{}: {}\n", name, core::same_word(name, "set-cookie") ? "***" : value);
    if (!answer.body.empty()) head += "\n" + answer.body;
    if (head.size() > limit) head.resize(limit);
    return head;
}

/// 408 Request Timeout, 425 Too Early, 429 Too Many Requests: the same request may do later.
bool asks_to_wait(int status) { return status == 408 || status == 425 || status == 429; }

core::attempt_outcome judge(client::outbound_response const& answer, instant now) {
    auto outcome = core::attempt_outcome{};
    outcome.failed = answer.status == 413 ? core::delivery_cause::too_large : core::cause_of_status(answer.status);
    if (asks_to_wait(answer.status)) outcome.then = core::attempt_outcome::hint::retry;
    outcome.answer = fmt::format("HTTP {}", answer.status);
    auto const asked = answer.header("Retry-After");
    if (asked && (answer.status == 429 || answer.status == 503))
        outcome.retry_after = wire::read_retry_after(*asked, now);
    outcome.head = head_of(answer, outcome.failed ? head_of_failure : head_of_success);
    return outcome;
}

/// One signature of each key: the receiver looks for one that it can verify.
std::string sign(std::vector<secret> const& keys, core::delivery const& item, instant now) {
    auto signatures = std::string{};
    for (auto const& key : keys) {
        if (key.empty()) continue;
        if (!signatures.empty()) signatures += ' ';
        signatures += wire::sign_webhook(key, item.id, now, item.body);
    }
    return signatures;
}

}  // namespace

client::outbound_request make_webhook(core::delivery const& item, trace_context const& trace,
                                      webhook_target const& target, instant now) {
    auto request = client::outbound_request{};
    request.method = "POST";
    request.url = target.url;
    request.headers.emplace_back("Content-Type", item.content_type);
    request.headers.emplace_back("webhook-id", item.id.value());
    request.headers.emplace_back("webhook-timestamp", std::to_string(to_unix_seconds(now)));
    if (auto signatures = sign(target.signing_keys, item, now); !signatures.empty())
        request.headers.emplace_back("webhook-signature", std::move(signatures));
    if (!target.authorization.empty()) request.headers.emplace_back("Authorization", target.authorization.reveal());
    if (!item.event_type.empty()) request.headers.emplace_back(event_type_header, item.event_type);
    if (item.encoding == core::delivery_encoding::cloudevents_binary)
        for (auto const& [name, value] : cloud_event_attributes(item))
            request.headers.emplace_back(fmt::format("ce-{}", name), encode_for_header(value));
    request.headers.emplace_back("traceparent", write_traceparent(trace));
    request.headers.emplace_back(task_trace_header, write_traceparent(core::task_trace_of(item)));
    for (auto const& header : target.headers) request.headers.emplace_back(header.name, header.value.reveal());
    request.body = item.body;
    request.timeouts.total = target.timeout;
    request.max_response_body = max_answer_body;
    request.answer_body = client::body_use::drop;
    request.guard = target.guard;
    request.proxy = target.proxy;
    return request;
}

awaitable<core::attempt_outcome> attempt_webhook(client::http_client& http, ports::clock const& clock,
                                                 core::delivery const& item, trace_context const& trace,
                                                 webhook_target target) {
    auto request = make_webhook(item, trace, target, clock.wall());
    auto const answer = co_await http.send(std::move(request));
    if (!answer) co_return to_outcome(answer.error().why);
    co_return judge(*answer, clock.wall());
}

}  // namespace voicehook::sinks
