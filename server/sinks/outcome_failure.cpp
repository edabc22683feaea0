#include "sinks/outcome_failure.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

namespace voicehook::sinks {

namespace {

constexpr std::size_t max_explanation = 300;

}  // namespace

core::delivery_cause cause_of(errc code) noexcept {
    using core::delivery_cause;
    switch (code) {
        case errc::timeout: return delivery_cause::timeout;
        case errc::refused: return delivery_cause::refused;
        case errc::dns: return delivery_cause::dns;
        case errc::tls: return delivery_cause::tls;
        case errc::protocol: return delivery_cause::protocol;
        case errc::too_large: return delivery_cause::too_large;
        case errc::forbidden: return delivery_cause::forbidden;
        case errc::invalid: return delivery_cause::format;
        case errc::reset:
        case errc::stopping: return delivery_cause::reset;
        default: return delivery_cause::io;
    }
}

core::attempt_outcome to_outcome(failure const& why) {
    return {.failed = cause_of(why.code), .answer = printable(why.doing, max_explanation)};
}

errc code_of(core::delivery_cause cause) noexcept {
    using core::delivery_cause;
    switch (cause) {
        case delivery_cause::timeout: return errc::timeout;
        case delivery_cause::dns: return errc::dns;
        case delivery_cause::tls: return errc::tls;
        case delivery_cause::reset: return errc::reset;
        case delivery_cause::protocol: return errc::protocol;
        case delivery_cause::unauthorized: return errc::forbidden;
        case delivery_cause::unknown_target: return errc::not_found;
        default: return errc::refused;
    }
}

std::unexpected<failure> to_failure(core::attempt_outcome const& outcome, sink_name const& sink) {
    return fail(code_of(outcome.failed.value_or(core::delivery_cause::protocol)),
                fmt::format("reach sink {}: {}", sink.value(), outcome.answer));
}

}  // namespace voicehook::sinks
