#include "sinks/outcome_failure.hpp"

#include <fmt/format.h>

namespace voicehook::sinks {
namespace {

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

}  // namespace

std::unexpected<failure> to_failure(core::attempt_outcome const& outcome, sink_name const& sink) {
    return fail(code_of(outcome.failed.value_or(core::delivery_cause::protocol)),
                fmt::format("reach sink {}: {}", sink.value(), outcome.answer));
}

}  // namespace voicehook::sinks
