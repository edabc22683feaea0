#include "sinks/line_figures.hpp"

#include <utility>

namespace voicehook::sinks {

namespace {

/// How much the last one counts.
constexpr double weight = 0.1;

}  // namespace

line_figures::line_figures(telemetry::metrics& metrics, sink_name sink) : metrics_{metrics}, sink_{std::move(sink)} {}

void line_figures::connection_failed() { metrics_.add(telemetry::counter::sink_connection_errors, {sink_.value()}); }

void line_figures::answered(std::chrono::duration<double> took) {
    auto const seconds = took.count();
    average_ = average_ == 0 ? seconds : average_ + weight * (seconds - average_);
    metrics_.set(telemetry::gauge::sink_broker_rtt_seconds, {sink_.value()}, average_);
}

std::optional<line_figures> figures_of(telemetry::metrics* metrics, sink_name const& sink) {
    if (metrics == nullptr) return std::nullopt;
    return line_figures{*metrics, sink};
}

void line_figures::waiting(std::size_t deliveries) {
    metrics_.set(telemetry::gauge::sink_queue_messages, {sink_.value()}, static_cast<double>(deliveries));
}

void line_figures::clear() {
    waiting(0);
    average_ = 0;
    metrics_.set(telemetry::gauge::sink_broker_rtt_seconds, {sink_.value()}, average_);
}

}  // namespace voicehook::sinks
