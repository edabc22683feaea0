#include "sinks/nats/verdict.hpp"

#include "base/utf8.hpp"
#include "core/letter_case.hpp"
#include "wire/jetstream_answers.hpp"

#include <fmt/format.h>

#include <array>

namespace voicehook::sinks::nats {
namespace {

using core::attempt_outcome;
using core::delivery_cause;
using hint = attempt_outcome::hint;

constexpr std::size_t shown_bytes = 200;
constexpr int no_responders = 503;

std::string shown(std::string_view text) { return printable(text, shown_bytes); }

attempt_outcome nobody_takes(std::string_view subject) {
    return {.failed = delivery_cause::unknown_target,
            .answer = fmt::format("no stream takes {} (make one, or change subject)", shown(subject))};
}

attempt_outcome no_sense() {
    return {.failed = delivery_cause::protocol, .answer = "JetStream's answer is not to be understood"};
}

// Numbers of errors. Source: nats-server 2.9, server/errors.json.
constexpr std::int64_t message_too_large = 10054;
constexpr std::int64_t headers_too_large = 10097;
constexpr std::int64_t no_such_stream = 10059;
constexpr std::int64_t stream_sealed = 10109;
constexpr std::int64_t account_is_full = 10002;

attempt_outcome outcome_of(wire::jetstream_error const& error) {
    auto answer = fmt::format("{} ({})", shown(error.description), error.number);
    switch (error.number) {
        case message_too_large:
        case headers_too_large:
            return {.failed = delivery_cause::too_large,
                    .answer = answer + ": more than the stream takes (max_msg_size)",
                    .then = hint::park};
        case no_such_stream: return {.failed = delivery_cause::unknown_target, .answer = std::move(answer)};
        case account_is_full:
        case stream_sealed: return {.failed = delivery_cause::unavailable, .answer = std::move(answer)};
        default: break;
    }
    // 409: the same message is being stored right now; 429: too many at once.
    if (error.code >= 500 || error.code == 409 || error.code == 429)
        return {.failed = delivery_cause::unavailable, .answer = std::move(answer)};
    if (error.code == 401 || error.code == 403)
        return {.failed = delivery_cause::unauthorized, .answer = std::move(answer)};
    if (error.code == 404) return {.failed = delivery_cause::unknown_target, .answer = std::move(answer)};
    return {.failed = delivery_cause::protocol, .answer = std::move(answer)};
}

struct meaning {
    std::string_view begins;  ///< in lower case
    delivery_cause cause;
    std::string_view advice;
};

/// The first that fits counts. Source: nats-server 2.9, server/errors.go and client.go.
constexpr auto meanings = std::array{
    meaning{"authorization violation", delivery_cause::unauthorized,
            "check credentials_file, username and password, or token"},
    meaning{"authentication timeout", delivery_cause::unauthorized, ""},
    meaning{"authentication expired", delivery_cause::unauthorized, "credentials_file needs a new JWT"},
    meaning{"authentication revoked", delivery_cause::unauthorized, ""},
    meaning{"user authentication expired", delivery_cause::unauthorized, "credentials_file needs a new JWT"},
    meaning{"user authentication revoked", delivery_cause::unauthorized, ""},
    meaning{"account authentication expired", delivery_cause::unauthorized, ""},
    meaning{"permissions violation for subscription", delivery_cause::unauthorized,
            "let the user subscribe to _INBOX.>: answers come there"},
    meaning{"permissions violation for publish", delivery_cause::unauthorized, "let the user publish to it"},
    // It does not say which message it means, and tells its new limit to the next connection.
    meaning{"maximum payload", delivery_cause::reset, "one of them is larger than the server takes by now"},
    meaning{"maximum connections", delivery_cause::unavailable, ""},
    meaning{"maximum account", delivery_cause::unavailable, ""},
    meaning{"secure connection - tls required", delivery_cause::tls, "write tls:// in servers"},
    meaning{"stale connection", delivery_cause::reset, ""},
    meaning{"slow consumer", delivery_cause::reset, ""},
    meaning{"server shutdown", delivery_cause::reset, ""},
    meaning{"invalid publish subject", delivery_cause::unknown_target, "change subject"},
    meaning{"invalid subject", delivery_cause::unknown_target, "change subject"},
};

bool begins_with(std::string_view text, std::string_view words) {
    return text.size() >= words.size() && core::same_word(text.substr(0, words.size()), words);
}

}  // namespace

attempt_outcome outcome_of(reply const& answer, std::string_view subject) {
    if (answer.status == no_responders) return nobody_takes(subject);
    auto const read = wire::read_jetstream_ack(answer.payload);
    if (!read || answer.status != 0) return no_sense();
    if (auto const* const error = std::get_if<wire::jetstream_error>(&*read)) return outcome_of(*error);
    auto const& ack = std::get<wire::jetstream_ack>(*read);
    return {.answer = fmt::format("message {} of {}{}", ack.sequence, shown(ack.stream),
                                  ack.duplicate ? ", which was there already" : "")};
}

std::optional<attempt_outcome> problem_of_streams(reply const& answer, std::string_view subject) {
    if (answer.status == no_responders)
        return attempt_outcome{.failed = delivery_cause::unknown_target,
                               .answer = "JetStream is not enabled, for this account or at all"};
    auto const read = wire::read_stream_names(answer.payload);
    if (!read || answer.status != 0) return no_sense();
    if (auto const* const error = std::get_if<wire::jetstream_error>(&*read)) return outcome_of(*error);
    if (std::get<std::size_t>(*read) == 0) return nobody_takes(subject);
    return std::nullopt;
}

attempt_outcome outcome_of_error(std::string_view error) {
    for (auto const& each : meanings) {
        if (!begins_with(error, each.begins)) continue;
        auto answer = each.advice.empty() ? shown(error) : fmt::format("{} ({})", shown(error), each.advice);
        return {.failed = each.cause, .answer = std::move(answer)};
    }
    return {.failed = delivery_cause::protocol, .answer = shown(error)};
}

std::optional<std::string> refused_subject(std::string_view error) {
    constexpr auto words = std::string_view{"permissions violation for publish to "};
    if (!begins_with(error, words)) return std::nullopt;
    auto subject = error.substr(words.size());
    if (subject.size() >= 2 && subject.front() == '"' && subject.back() == '"')
        subject = subject.substr(1, subject.size() - 2);
    return std::string{subject};
}

attempt_outcome too_large(std::uint64_t size, std::uint64_t limit) {
    return {.failed = delivery_cause::too_large,
            .answer =
                fmt::format("{} bytes with headers, more than the {} that the server takes (max_payload)", size, limit),
            .then = hint::park};
}

}  // namespace voicehook::sinks::nats
