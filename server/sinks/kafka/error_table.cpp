#include "sinks/kafka/error_table.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::sinks::kafka {

namespace {

constexpr std::size_t max_explanation = 300;

using core::delivery_cause;

}  // namespace

std::optional<delivery_cause> cause_of(rd_kafka_resp_err_t code, std::string_view text) noexcept {
    switch (code) {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return std::nullopt;

        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return delivery_cause::too_large;

        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return delivery_cause::format;

        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
        case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
        case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return delivery_cause::unauthorized;

        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: return delivery_cause::unknown_target;

        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
        case RD_KAFKA_RESP_ERR__TIMED_OUT:
        case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
        case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT: return delivery_cause::timeout;

        case RD_KAFKA_RESP_ERR__RESOLVE: return delivery_cause::dns;
        case RD_KAFKA_RESP_ERR__SSL: return delivery_cause::tls;
        case RD_KAFKA_RESP_ERR__TRANSPORT:
            if (text.contains("Connection refused")) return delivery_cause::refused;
            if (text.contains("SSL alert")) return delivery_cause::tls;
            [[fallthrough]];
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
        case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
        case RD_KAFKA_RESP_ERR__DESTROY: return delivery_cause::reset;

        // Corrupt on arrival: damaged on its way, so that the same bytes may well arrive the next time.
        case RD_KAFKA_RESP_ERR_INVALID_MSG:
        case RD_KAFKA_RESP_ERR__BAD_MSG:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PROTOCOL:
        case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
        case RD_KAFKA_RESP_ERR_INVALID_REQUEST: return delivery_cause::protocol;

        // Too few replicas, a leader being elected, a full queue, an epoch that ended …: it can take nothing now.
        default: return delivery_cause::unavailable;
    }
}

bool is_final(rd_kafka_resp_err_t code, company in_batch) noexcept {
    switch (code) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP: return in_batch == company::none;
        default: return false;
    }
}

bool is_silence(rd_kafka_resp_err_t code) noexcept {
    return code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
           code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
           code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || code == RD_KAFKA_RESP_ERR__FATAL;
}

bool is_about_connection(rd_kafka_resp_err_t code) noexcept {
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
           code == RD_KAFKA_RESP_ERR__SSL || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           code == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

bool is_fatal(rd_kafka_resp_err_t code) noexcept {
    return code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED ||
           code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

core::attempt_outcome judge(ended_with const& what, std::optional<trouble> const& last) {
    auto outcome = core::attempt_outcome{};
    if (what.code == RD_KAFKA_RESP_ERR_NO_ERROR) return outcome;

    auto const told = std::string{rd_kafka_err2str(what.code)};
    auto const explained = is_silence(what.code) && last;
    outcome.failed = explained ? cause_of(last->code, last->text) : cause_of(what.code, told);
    if (!outcome.failed) outcome.failed = delivery_cause::unavailable;
    outcome.answer = printable(explained ? fmt::format("{} ({})", told, last->text) : told, max_explanation);
    if (what.in_topic == presence::possible) outcome.answer += "; it may be in the topic all the same";
    if (is_final(what.code, what.in_batch)) outcome.then = core::attempt_outcome::hint::park;
    return outcome;
}

trouble make_trouble(rd_kafka_resp_err_t code, std::string text) {
    auto const in_handshake = text.contains("SSL handshake failed") || text.contains("in state SSL_HANDSHAKE");
    return {code == RD_KAFKA_RESP_ERR__TRANSPORT && in_handshake ? RD_KAFKA_RESP_ERR__SSL : code, std::move(text)};
}

}  // namespace voicehook::sinks::kafka
