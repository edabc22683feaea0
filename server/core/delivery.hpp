// A delivery: one ended task for one sink, its body rendered once and kept.
#pragma once

#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/time.hpp"
#include "core/task.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace voicehook::core {

enum class delivery_state : std::uint8_t { pending = 1, delivering, delivered, parked, discarded };

/// Why a delivery was parked, or why an attempt failed.
enum class delivery_cause : std::uint8_t {
    timeout = 1,
    refused,
    reset,
    dns,
    tls,
    status_3xx,
    status_4xx,
    status_5xx,
    gone,
    protocol,
    too_large,
    forbidden,
    io,
    format,
    sink_removed,
    unauthorized,    ///< a broker refused our name, password or right to write
    unknown_target,  ///< a broker has no such topic, stream or key
    unavailable,     ///< a broker that answers, but cannot take anything now
};

/// What travels beside a delivery's body.
enum class delivery_encoding : std::uint8_t {
    plain = 1,           ///< its id and type
    cloudevents_binary,  ///< CloudEvents 1.0 attributes; the body is their `data`
};

/// The sink name of deliveries to a caller's own `callback_url`; operators cannot use it for a sink of theirs.
inline constexpr std::string_view callback_url_sink = "callback_url";

/// The sink that keeps what a result links to; operators cannot use its name either.
inline constexpr std::string_view artifact_sink = "artifacts";

/// Whether a name is ours.
[[nodiscard]] constexpr bool is_reserved_sink(std::string_view name) noexcept {
    return name == callback_url_sink || name == artifact_sink;
}

/// What is rendered when a task ends.
struct new_delivery {
    delivery_id id;
    sink_name sink;
    std::optional<std::string> destination;  ///< a caller's own `callback_url`
    std::string content_type;
    std::string body;        ///< these bytes at every attempt, for ever
    std::string event_type;  ///< "voice_design.completed" and so on
    delivery_encoding encoding{delivery_encoding::plain};
};

/// A delivery as the store keeps it.
struct delivery {
    delivery_id id;
    task_id task;
    std::string task_trace_parent;  ///< `trace_parent` of the task
    caller_name caller;
    sink_name sink;
    std::optional<std::string> destination;
    std::string content_type;
    std::string body;
    std::string event_type;  ///< empty: stored by a version that did not keep it
    delivery_encoding encoding{delivery_encoding::plain};
    delivery_state state{delivery_state::pending};
    instant created_at;  ///< the end of its task
    instant due_at;
    duration tried_for{};  ///< the waits so far, added up, without those for a paused sink
    std::uint32_t attempts{};
    std::uint32_t lease_token{};
    std::optional<delivery_cause> cause;  ///< of the last failed attempt
    std::string last_answer;              ///< of the last attempt: "HTTP 500" or what failed, for people
};

}  // namespace voicehook::core

namespace voicehook {

template <>
inline constexpr auto names_of<core::delivery_state> =
    std::array{entry(core::delivery_state::pending, "pending"), entry(core::delivery_state::delivering, "delivering"),
               entry(core::delivery_state::delivered, "delivered"), entry(core::delivery_state::parked, "parked"),
               entry(core::delivery_state::discarded, "discarded")};
template <>
inline constexpr auto names_of<core::delivery_cause> =
    std::array{entry(core::delivery_cause::timeout, "timeout"),
               entry(core::delivery_cause::refused, "refused"),
               entry(core::delivery_cause::reset, "reset"),
               entry(core::delivery_cause::dns, "dns"),
               entry(core::delivery_cause::tls, "tls"),
               entry(core::delivery_cause::status_3xx, "status_3xx"),
               entry(core::delivery_cause::status_4xx, "status_4xx"),
               entry(core::delivery_cause::status_5xx, "status_5xx"),
               entry(core::delivery_cause::gone, "gone"),
               entry(core::delivery_cause::protocol, "protocol"),
               entry(core::delivery_cause::too_large, "too_large"),
               entry(core::delivery_cause::forbidden, "forbidden"),
               entry(core::delivery_cause::io, "io"),
               entry(core::delivery_cause::format, "format"),
               entry(core::delivery_cause::sink_removed, "sink_removed"),
               entry(core::delivery_cause::unauthorized, "unauthorized"),
               entry(core::delivery_cause::unknown_target, "unknown_target"),
               entry(core::delivery_cause::unavailable, "unavailable")};
template <>
inline constexpr auto names_of<core::delivery_encoding> =
    std::array{entry(core::delivery_encoding::plain, "plain"),
               entry(core::delivery_encoding::cloudevents_binary, "cloudevents_binary")};

}  // namespace voicehook
