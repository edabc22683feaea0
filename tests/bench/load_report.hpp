// What was measured, and its JSON.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace load {

using steady = std::chrono::steady_clock;

/// Collects answers and failures; says it all at the end.
class report {
public:
    void began(steady::time_point now) { began_ = now; }
    void ended(steady::time_point now) { ended_ = now; }

    void answered(int status, steady::duration took);
    /// A request without an answer, or a connection that could not be made; `why` from a short list.
    void failed(std::string_view why) { ++failures_[std::string{why}]; }
    [[nodiscard]] std::size_t answers() const noexcept { return latencies_.size(); }

    /// One line; latencies in microseconds.
    [[nodiscard]] std::string json(std::size_t repeated) const;

private:
    steady::time_point began_;
    steady::time_point ended_;
    std::vector<std::uint32_t> latencies_;  ///< microseconds × 10
    std::map<int, std::size_t> statuses_;
    std::map<std::string, std::size_t> failures_;
};

}  // namespace load
