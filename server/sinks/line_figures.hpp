// How a sink's connection to its broker does, as metrics.
#pragma once

#include "base/ids.hpp"
#include "core/task.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

namespace voicehook::sinks {

/// `metrics` must outlive it.
class line_figures {
public:
    line_figures(telemetry::metrics& metrics, sink_name sink);

    /// A connection could not be made, or was lost while somebody waited for an answer.
    void connection_failed();
    /// What was sent in one piece was answered. Finer than `duration`: a broker nearby answers within a millisecond.
    void answered(std::chrono::duration<double> took);
    /// So many deliveries wait for their answer, or to be sent.
    void waiting(std::size_t deliveries);
    /// Nothing waits, and no round trip is known.
    void clear();

private:
    telemetry::metrics& metrics_;
    sink_name sink_;
    double average_{};  ///< seconds
};

/// Nothing without metrics.
[[nodiscard]] std::optional<line_figures> figures_of(telemetry::metrics* metrics, sink_name const& sink);

}  // namespace voicehook::sinks
