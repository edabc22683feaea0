// A task: one paid request, from its acceptance to its end, and everything that is known of it.
#pragma once

#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace voicehook::core {

/// How a task can end.
enum class terminal : std::uint8_t { completed = 1, failed, cancelled };

/// Where a task is; the names are those of SQL, JSON, logs and metrics.
enum class stage : std::uint8_t { queued = 1, submitting, unknown, in_flight, ended };

/// What the provider says of a task. `other` is a status that we do not know.
enum class reported_status : std::uint8_t { pending = 1, processing, completed, failed, cancelled, other };

/// What taught us the end of a task. `refusal` and `ours` never reached a provider's verdict on the work.
enum class result_source : std::uint8_t { callback = 1, query, refusal, ours, operator_action };

/// A contradiction between two terminal results, and how far its settling has come.
enum class dispute : std::uint8_t {
    none = 1,
    settling,  ///< a query is to tell which result the provider stands by
    disputed,  ///< the provider stands by the other one: an operator decides
    upheld,    ///< the provider or an operator stands by the stored one
};

/// Waits for its (next) submission. The provider certainly does not have it.
struct queued {
    instant submit_at;
    friend bool operator==(queued const&, queued const&) = default;
};
/// Being submitted under a lease; when the lease runs out, whether the provider has it is unknown.
struct submitting {
    instant lease_until;
    friend bool operator==(submitting const&, submitting const&) = default;
};
/// Perhaps submitted. The same bytes go again at `replay_at`; without it only a callback or an operator helps.
struct unknown {
    std::optional<instant> replay_at;
    friend bool operator==(unknown const&, unknown const&) = default;
};
/// Accepted by the provider, whose id is known. A query is due at `poll_at`.
struct in_flight {
    instant poll_at;
    friend bool operator==(in_flight const&, in_flight const&) = default;
};
/// Over. Only `dispute` and `settle_at` (a query that settles a contradiction is due) still move.
struct ended {
    terminal what{};
    instant at;
    std::optional<instant> settle_at;
    friend bool operator==(ended const&, ended const&) = default;
};

using task_state = std::variant<queued, submitting, unknown, in_flight, ended>;

/// A refusal by the provider (or by us at the deadline) as the caller is to see it.
struct refusal {
    int http_status{};       ///< 400 … 599, the status that the caller gets
    std::string code;        ///< the provider's `error.code`, or ours, as text
    std::string error_json;  ///< the `error` member: one JSON object, the provider's bytes where there are any
    friend bool operator==(refusal const&, refusal const&) = default;
};

/// One task: the row of the store.
struct task {
    task_id id;
    caller_name caller;
    instant created_at;
    std::string model;
    std::string submit_body;                     ///< the exact bytes for the provider, the same at every attempt
    std::optional<std::string> idempotency_key;  ///< the caller's; released when it must not be remembered
    std::string fingerprint;                     ///< SHA-256 (hex) of the caller's body after parsing and defaults
    std::optional<std::string> callback_url;     ///< the caller's own
    std::string trace_parent;                    ///< W3C traceparent as accepted, or empty
    std::string request_id;
    instant deadline;   ///< until when it is submitted (`submission.deadline`)
    instant answer_by;  ///< until when the first request may still be waiting for its answer

    task_state state{queued{}};
    std::optional<provider_task_id> provider_id;
    std::optional<instant> unknown_since;  ///< set for good once an attempt's outcome was unknown
    std::optional<instant> accepted_at;    ///< when we learned that the provider has it
    std::uint32_t submissions{};           ///< attempts begun
    std::uint32_t queries{};               ///< queries since the last answer that told something, for backing off
    std::uint32_t lease_token{};           ///< grows with each claim: an outcome with an older one is dropped
    std::uint32_t notes{};                 ///< timeline entries that callbacks caused, to bound them

    reported_status status{reported_status::pending};  ///< a terminal one before the end: unconfirmed evidence
    int progress{};                                    ///< 0 … 100
    std::string provider_body;  ///< the provider's latest bytes: its acceptance, then progress, then the result
    std::optional<refusal> refused;
    std::optional<result_source> source;  ///< set when ended
    dispute quarrel{dispute::none};
    std::string last_problem;  ///< code of what last went wrong at the provider, or empty

    friend bool operator==(task const&, task const&) = default;
};

[[nodiscard]] stage stage_of(task_state const& state) noexcept;

/// When the sweeper must look at this task next; nothing when nothing is due, ever.
[[nodiscard]] std::optional<instant> due_at(task_state const& state) noexcept;

/// What is due at `due_at`: a submission (queued, unknown, a lost lease) or a query (in flight, settling).
enum class due_kind : std::uint8_t { submission = 1, query };
[[nodiscard]] std::optional<due_kind> due_kind_of(task_state const& state) noexcept;

/// The status that callers see: pending, processing, completed, failed or cancelled.
[[nodiscard]] reported_status shown_status(task const& item) noexcept;

/// The status text a terminal has.
[[nodiscard]] reported_status to_status(terminal what) noexcept;

}  // namespace voicehook::core

namespace voicehook {

template <>
inline constexpr auto names_of<core::terminal> =
    std::array{entry(core::terminal::completed, "completed"), entry(core::terminal::failed, "failed"),
               entry(core::terminal::cancelled, "cancelled")};
template <>
inline constexpr auto names_of<core::stage> =
    std::array{entry(core::stage::queued, "queued"), entry(core::stage::submitting, "submitting"),
               entry(core::stage::unknown, "unknown"), entry(core::stage::in_flight, "in_flight"),
               entry(core::stage::ended, "ended")};
template <>
inline constexpr auto names_of<core::reported_status> = std::array{
    entry(core::reported_status::pending, "pending"),     entry(core::reported_status::processing, "processing"),
    entry(core::reported_status::completed, "completed"), entry(core::reported_status::failed, "failed"),
    entry(core::reported_status::cancelled, "cancelled"), entry(core::reported_status::other, "unknown")};
template <>
inline constexpr auto names_of<core::result_source> =
    std::array{entry(core::result_source::callback, "callback"), entry(core::result_source::query, "query"),
               entry(core::result_source::refusal, "refusal"), entry(core::result_source::ours, "ours"),
               entry(core::result_source::operator_action, "operator")};
template <>
inline constexpr auto names_of<core::dispute> =
    std::array{entry(core::dispute::none, "none"), entry(core::dispute::settling, "settling"),
               entry(core::dispute::disputed, "disputed"), entry(core::dispute::upheld, "upheld")};
template <>
inline constexpr auto names_of<core::due_kind> =
    std::array{entry(core::due_kind::submission, "submission"), entry(core::due_kind::query, "query")};

}  // namespace voicehook
