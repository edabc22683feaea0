// The verb "intake": one authenticated callback becomes durable, then it is answered.
#pragma once

#include "base/names.hpp"
#include "base/trace_context.hpp"
#include "core/lifecycle.hpp"
#include "core/poll_plan.hpp"
#include "flows/announcer.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace voicehook::flows {

/// What a callback is answered with; the names are the labels of `callbacks_total{result}`.
enum class callback_result : std::uint8_t {
    accepted = 1,
    duplicate,
    conflict,
    ignored,
    evidence,     ///< answered as accepted: durable, a query ends the task
    mismatch,     ///< 404: the body names another task
    retired,      ///< 404: the task is older than the retention
    malformed,    ///< 400
    orphan,       ///< 503: a young task of ours that the store does not know
    unavailable,  ///< 503
};

/// What became of a callback, and the trace of its task, where the store told of that.
struct callback_outcome {
    callback_result what{};
    std::optional<trace_id> task_trace;
};

struct intake_settings {
    core::confirmation confirm{core::confirmation::conflict};
    duration retention{30 * 24h};
};

/// One thread; the referenced parts must outlive it. Never waits for a sink, a query or a download.
class intake {
public:
    intake(ports::store& store, ports::clock& clock, announcer& announce, outbox const& routing,
           telemetry::metrics& metrics, core::learned_durations& learned, intake_settings settings)
        : store_{store},
          clock_{clock},
          announcer_{announce},
          outbox_{routing},
          metrics_{metrics},
          learned_{learned},
          settings_{settings} {}

    /// `id` was proven by the callback token; `trace` is the callback's own. Returns when the outcome is durable.
    [[nodiscard]] awaitable<callback_result> receive(task_id id, std::string body, std::string source_address,
                                                     trace_context trace);

    /// A callback with a valid token was unusable: ask the provider instead. Does not wait for the query. Comes to
    /// `malformed` when that is durable or there is nothing to ask, to `unavailable` when it could not be stored.
    [[nodiscard]] awaitable<callback_outcome> ask_instead(task_id id, std::string why, trace_context trace);

    /// Whether a callback could be made durable now: waits for a commit as each of them does.
    [[nodiscard]] awaitable<result<void>> probe() { return store_.probe(); }

private:
    [[nodiscard]] awaitable<callback_outcome> store_notice(task_id id, core::callback_received notice);
    [[nodiscard]] callback_result judge_failure(task_id const& id, trace_context const& trace, failure const& why,
                                                instant now) const;

    ports::store& store_;
    ports::clock& clock_;
    announcer& announcer_;
    outbox const& outbox_;
    telemetry::metrics& metrics_;
    core::learned_durations& learned_;
    intake_settings settings_;
};

}  // namespace voicehook::flows

namespace voicehook {
template <>
inline constexpr auto names_of<flows::callback_result> = std::array{
    entry(flows::callback_result::accepted, "accepted"), entry(flows::callback_result::duplicate, "duplicate"),
    entry(flows::callback_result::conflict, "conflict"), entry(flows::callback_result::ignored, "ignored"),
    entry(flows::callback_result::evidence, "evidence"), entry(flows::callback_result::mismatch, "mismatch"),
    entry(flows::callback_result::retired, "retired"),   entry(flows::callback_result::malformed, "malformed"),
    entry(flows::callback_result::orphan, "orphan"),     entry(flows::callback_result::unavailable, "unavailable")};
}
