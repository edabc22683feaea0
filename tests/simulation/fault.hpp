// What can go wrong in a simulation, by name, and how often it did.
#pragma once

#include "base/names.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace voicehook::simulation {

enum class fault : std::uint8_t {
    caller_repeats,
    caller_gives_up,
    caller_reuses_key,
    store_busy,
    store_unavailable,
    store_answer_lost,
    transaction_fails,
    store_slow,
    crash_between_steps,
    crash,
    graceful_restart,
    pause,
    clock_jump,
    provider_down,
    submit_not_sent,
    submit_request_lost,
    submit_request_late,
    submit_reset,
    submit_hang,
    submit_no_id,
    submit_no_channel,
    submit_unauthorized,
    submit_quota,
    submit_forbidden,
    submit_rate_limited,
    submit_server_error,
    submit_html,
    submit_paid_unknown,
    submit_proxy_404,
    task_invalid,
    callback_early,
    callback_never,
    callback_late,
    callback_twice,
    callback_ack_lost,
    callback_lost,
    callback_contradicts,
    callback_malformed,
    callback_progress,
    callback_odd_body,
    callback_forged,
    callback_wrong_task,
    query_lags,
    query_rate_limited,
    query_server_error,
    query_not_found,
    query_html,
    query_stalls,
    query_wrong_task,
    sink_refuses,
    sink_down,
    sink_hangs,
    sink_answer_lost,
    sink_takes_late,
    sink_asks_to_wait,
    sink_gone,
    sink_rejects,
    sink_removed,
    sink_outage,
    operator_meddles,
    sessions_end,
};

inline constexpr std::size_t fault_count = static_cast<std::size_t>(fault::sessions_end) + 1;

/// A value per fault.
template <class T>
class per_fault {
public:
    [[nodiscard]] T& operator[](fault what) noexcept { return values_[static_cast<std::size_t>(what)]; }
    [[nodiscard]] T const& operator[](fault what) const noexcept { return values_[static_cast<std::size_t>(what)]; }

private:
    std::array<T, fault_count> values_{};
};

}  // namespace voicehook::simulation

namespace voicehook {
template <>
inline constexpr auto names_of<simulation::fault> = std::array{
    entry(simulation::fault::caller_repeats, "caller_repeats"),
    entry(simulation::fault::caller_gives_up, "caller_gives_up"),
    entry(simulation::fault::caller_reuses_key, "caller_reuses_key"),
    entry(simulation::fault::store_busy, "store_busy"),
    entry(simulation::fault::store_unavailable, "store_unavailable"),
    entry(simulation::fault::store_answer_lost, "store_answer_lost"),
    entry(simulation::fault::transaction_fails, "transaction_fails"),
    entry(simulation::fault::store_slow, "store_slow"),
    entry(simulation::fault::crash_between_steps, "crash_between_steps"),
    entry(simulation::fault::crash, "crash"),
    entry(simulation::fault::graceful_restart, "graceful_restart"),
    entry(simulation::fault::pause, "pause"),
    entry(simulation::fault::clock_jump, "clock_jump"),
    entry(simulation::fault::provider_down, "provider_down"),
    entry(simulation::fault::submit_not_sent, "submit_not_sent"),
    entry(simulation::fault::submit_request_lost, "submit_request_lost"),
    entry(simulation::fault::submit_request_late, "submit_request_late"),
    entry(simulation::fault::submit_reset, "submit_reset"),
    entry(simulation::fault::submit_hang, "submit_hang"),
    entry(simulation::fault::submit_no_id, "submit_no_id"),
    entry(simulation::fault::submit_no_channel, "submit_no_channel"),
    entry(simulation::fault::submit_unauthorized, "submit_unauthorized"),
    entry(simulation::fault::submit_quota, "submit_quota"),
    entry(simulation::fault::submit_forbidden, "submit_forbidden"),
    entry(simulation::fault::submit_rate_limited, "submit_rate_limited"),
    entry(simulation::fault::submit_server_error, "submit_server_error"),
    entry(simulation::fault::submit_html, "submit_html"),
    entry(simulation::fault::submit_paid_unknown, "submit_paid_unknown"),
    entry(simulation::fault::submit_proxy_404, "submit_proxy_404"),
    entry(simulation::fault::task_invalid, "task_invalid"),
    entry(simulation::fault::callback_early, "callback_early"),
    entry(simulation::fault::callback_never, "callback_never"),
    entry(simulation::fault::callback_late, "callback_late"),
    entry(simulation::fault::callback_twice, "callback_twice"),
    entry(simulation::fault::callback_ack_lost, "callback_ack_lost"),
    entry(simulation::fault::callback_lost, "callback_lost"),
    entry(simulation::fault::callback_contradicts, "callback_contradicts"),
    entry(simulation::fault::callback_malformed, "callback_malformed"),
    entry(simulation::fault::callback_progress, "callback_progress"),
    entry(simulation::fault::callback_odd_body, "callback_odd_body"),
    entry(simulation::fault::callback_forged, "callback_forged"),
    entry(simulation::fault::callback_wrong_task, "callback_wrong_task"),
    entry(simulation::fault::query_lags, "query_lags"),
    entry(simulation::fault::query_rate_limited, "query_rate_limited"),
    entry(simulation::fault::query_server_error, "query_server_error"),
    entry(simulation::fault::query_not_found, "query_not_found"),
    entry(simulation::fault::query_html, "query_html"),
    entry(simulation::fault::query_stalls, "query_stalls"),
    entry(simulation::fault::query_wrong_task, "query_wrong_task"),
    entry(simulation::fault::sink_refuses, "sink_refuses"),
    entry(simulation::fault::sink_down, "sink_down"),
    entry(simulation::fault::sink_hangs, "sink_hangs"),
    entry(simulation::fault::sink_answer_lost, "sink_answer_lost"),
    entry(simulation::fault::sink_takes_late, "sink_takes_late"),
    entry(simulation::fault::sink_asks_to_wait, "sink_asks_to_wait"),
    entry(simulation::fault::sink_gone, "sink_gone"),
    entry(simulation::fault::sink_rejects, "sink_rejects"),
    entry(simulation::fault::sink_removed, "sink_removed"),
    entry(simulation::fault::sink_outage, "sink_outage"),
    entry(simulation::fault::operator_meddles, "operator_meddles"),
    entry(simulation::fault::sessions_end, "sessions_end"),
};
}  // namespace voicehook
