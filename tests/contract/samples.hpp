// Tasks, events and renderers that the contract tests are told with.
#pragma once

#include "ports/store.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace voicehook::contract {

inline constexpr auto noon = instant{1'775'131'200'000ms};
inline lease_owner const me{"life-1"};
inline lease_owner const other{"life-2"};
inline sink_name const results{"results"};
inline sink_name const archive{"archive"};

/// The id of sample `n`: later samples have later ids.
[[nodiscard]] task_id id_of(unsigned n);
[[nodiscard]] provider_task_id provider_id_of(unsigned n);
[[nodiscard]] delivery_id delivery_of(task_id const& task, sink_name const& sink);

/// A queued task of caller "tts", created `n` ms after noon, due at once.
[[nodiscard]] core::task sample(unsigned n);
/// The same under its first lease until a minute after noon.
[[nodiscard]] core::task submitting_sample(unsigned n);

[[nodiscard]] ports::claim_terms claim_at(instant now, std::size_t limit = 64, lease_owner owner = me,
                                          duration lease = 1min);

[[nodiscard]] core::submission_accepted accepted_as(provider_task_id id, instant poll_at);
[[nodiscard]] core::callback_received callback_of(provider_task_id id, core::reported_status status,
                                                  std::string body = "{}");
[[nodiscard]] core::query_answered answer_of(provider_task_id id, core::reported_status status, instant poll_at);

/// Renders one delivery for each sink: its id made of task and sink, its body of the task's end.
[[nodiscard]] ports::render_function deliver_to(std::vector<sink_name> sinks);
[[nodiscard]] ports::render_function deliver_nothing();

[[nodiscard]] ports::attempt_record attempt_of(core::delivery const& claimed, core::delivery_decision decision,
                                               core::attempt_outcome outcome, instant now);

}  // namespace voicehook::contract
