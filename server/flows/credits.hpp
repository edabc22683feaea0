// Asks now and then what the provider's account has left.
#pragma once

#include "async/nursery.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/provider.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace voicehook::flows {

struct credits_settings {
    duration every{5min};  ///< between two questions of the whole service; 0: never asks
};

/// What the provider told last, and when.
struct credits_reading {
    double remaining{};  ///< infinity: nothing limits it
    instant at;
};

/// Keeps the gauge `provider_credits_remaining`: not a number while unknown, for a 0 would mean that nothing is left. A
/// question without an answer is repeated sooner, then ever more slowly; while none is answered, what is older than
/// three intervals is not known any more. Nothing waits for this worker. One thread; what is referenced must outlive
/// it.
class credits {
public:
    credits(asio::any_io_executor executor, ports::provider& provider, ports::clock& clock, telemetry::metrics& metrics,
            credits_settings settings);

    /// Asks at once, and then at intervals.
    void start();
    /// This process is one of so many: each asks so much less often.
    void share_among(std::size_t replicas) noexcept { replicas_ = replicas > 0 ? replicas : 1; }
    void stop() { loops_.stop(); }
    [[nodiscard]] awaitable<void> finish() { return loops_.drained(); }

    /// Nothing while unknown.
    [[nodiscard]] std::optional<credits_reading> const& last() const noexcept { return last_; }

private:
    [[nodiscard]] awaitable<turn> ask();
    void learn(double remaining);
    void note_failure(failure const& why);
    [[nodiscard]] duration interval() const;

    ports::provider& provider_;
    ports::clock& clock_;
    telemetry::metrics& metrics_;
    credits_settings settings_;
    std::size_t replicas_{1};
    due_bell bell_;
    async::nursery loops_;
    std::optional<credits_reading> last_;
    std::uint32_t failed_{};  ///< questions since the last answer
};

}  // namespace voicehook::flows
