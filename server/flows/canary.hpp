// Tries now and then whether a callback would come through.
#pragma once

#include "async/nursery.hpp"
#include "base/names.hpp"
#include "core/canary.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/public_path.hpp"
#include "telemetry/metrics.hpp"
#include "wire/callback_token.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace voicehook::flows {

/// What became of a canary; the names are the labels of `canary_total{result}`.
enum class canary_result : std::uint8_t {
    ok = 1,
    dns,
    refused,
    tls,
    timeout,
    reset,
    not_found,    ///< 404: another secret, or a route that is missing
    unavailable,  ///< 503
    status,       ///< another status
    stranger,     ///< 200 without the proof: whoever answered is not this service
    failed,       ///< anything else
};

struct canary_settings {
    duration every{};  ///< 0: never
};

/// How the last canary fared.
struct canary_state {
    std::optional<instant> last_at;  ///< nothing: none came to an end yet
    bool ok{};
    std::optional<duration> latency;  ///< of one that came back
    unsigned failures{};              ///< in a row
};

/// Sends a synthetic callback through the public URL at intervals. Its answer must prove that one of our processes, any
/// of them, has read it and could have stored it. Nothing waits for this worker. One thread; what is referenced must
/// outlive it.
class canary {
public:
    /// `changed` is told when callbacks stop coming through, and when they do again.
    canary(asio::any_io_executor executor, ports::public_path& path, ports::clock& clock, telemetry::metrics& metrics,
           std::function<void(core::callback_path)> changed, canary_settings settings);

    /// Signs and checks with these from now on.
    void use_tokens(std::shared_ptr<wire::callback_tokens const> tokens) { tokens_ = std::move(tokens); }

    /// The first one goes after an interval: load balancers must see first that we are ready.
    void start();
    void stop() { loops_.stop(); }
    [[nodiscard]] awaitable<void> finish() { return loops_.drained(); }

    /// Nothing when switched off.
    [[nodiscard]] std::optional<canary_state> state() const;

private:
    [[nodiscard]] awaitable<turn> send_one();
    void ring_later();
    void note(canary_result what, duration took);

    ports::public_path& path_;
    ports::clock& clock_;
    telemetry::metrics& metrics_;
    std::function<void(core::callback_path)> changed_;
    canary_settings settings_;
    std::shared_ptr<wire::callback_tokens const> tokens_;
    due_bell bell_;
    async::nursery loops_;
    canary_state state_;
};

}  // namespace voicehook::flows

namespace voicehook {
template <>
inline constexpr auto names_of<flows::canary_result> =
    std::array{entry(flows::canary_result::ok, "ok"),
               entry(flows::canary_result::dns, "dns"),
               entry(flows::canary_result::refused, "refused"),
               entry(flows::canary_result::tls, "tls"),
               entry(flows::canary_result::timeout, "timeout"),
               entry(flows::canary_result::reset, "reset"),
               entry(flows::canary_result::not_found, "not_found"),
               entry(flows::canary_result::unavailable, "unavailable"),
               entry(flows::canary_result::status, "status"),
               entry(flows::canary_result::stranger, "stranger"),
               entry(flows::canary_result::failed, "failed")};
}
