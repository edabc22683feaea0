// The task lifecycle: which event leads from which stage to which, and what has to be written with it.
#pragma once

#include "base/trace_context.hpp"
#include "core/task.hpp"
#include "core/task_report.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace voicehook::core {

/// Whether a callback may end a task (`callbacks.confirm`).
enum class confirmation : std::uint8_t {
    conflict = 1,  ///< it may; a query only settles contradictions
    always,        ///< it is evidence: only a query ends a task
};

// ---- events ---------------------------------------------------------------------------------------------------------
// `span` is that of the request to the provider that led to the event, for the timeline; empty: there was none.

/// A worker takes a queued task, or an unknown one that may be replayed, to submit it (again).
struct submission_claimed {
    instant lease_until;
};
/// The lease of a submission ran out, or its process died: the outcome cannot be known.
struct submission_lost {
    std::optional<instant> replay_at;
};
/// The provider has it and told its id.
struct submission_accepted {
    provider_task_id ref;
    reported_status status{reported_status::pending};
    std::string body;  ///< the provider's bytes
    instant poll_at;
    span_id span{};
};
/// The provider refused it: final, nothing was charged. A refusal about the account says nothing of an earlier attempt
/// whose outcome is unknown: with such a one the task stays open.
struct submission_refused {
    refusal why;
    std::optional<instant> retry_at;  ///< where an unknown earlier attempt forbids to end: when to go on
    enum class scope : std::uint8_t { request, account } about{scope::request};
    span_id span{};
};
/// Certainly not accepted by this attempt: to be tried again.
struct submission_postponed {
    instant retry_at;
    std::string cause;
    span_id span{};
};
/// The outcome of this attempt cannot be known.
struct submission_unknown {
    std::optional<instant> replay_at;
    std::string cause;
    span_id span{};
};
/// `submission.deadline` has passed. Ends a task that certainly never reached the provider; an unknown one waits on.
struct submission_expired {
    refusal why;
};
/// An authenticated callback.
struct callback_received {
    task_report report;
    std::string body;
    std::string source_address;
    confirmation confirm{confirmation::conflict};
    trace_context trace{};  ///< its own, for the timeline; of empty ids: none
};
/// The provider answered a query with the task.
struct query_answered {
    task_report report;
    std::string body;
    instant poll_at;  ///< the next query, should this one not end it
    span_id span{};
};
/// A query told nothing: failed, refused, or 404, which after acceptance is no verdict.
struct query_failed {
    instant poll_at;
    std::string cause;
    span_id span{};
};
/// Something suggests to ask the provider now (a malformed callback with a valid token, an operator).
struct query_wanted {
    std::string why;
};
/// An operator ends a task that nothing else ends.
struct operator_ended {
    terminal what{terminal::failed};
    refusal why;
    std::string who;
};
/// An operator tells the provider's id of an unknown task.
struct operator_bound {
    provider_task_id ref;
    std::string who;
};
/// An operator has the same bytes sent again under the same key, now.
struct operator_resubmitted {
    std::string who;
};
/// An operator lets the stored result of a disputed task stand.
struct operator_upheld {
    std::string who;
    std::string why;
};

using task_event =
    std::variant<submission_claimed, submission_lost, submission_accepted, submission_refused, submission_postponed,
                 submission_unknown, submission_expired, callback_received, query_answered, query_failed, query_wanted,
                 operator_ended, operator_bound, operator_resubmitted, operator_upheld>;

/// Tells an event the span of the request that led to it; one that no request leads to stays as it is.
void tell_span(task_event& event, span_id const& span);

// ---- outcome --------------------------------------------------------------------------------------------------------

/// What became of an event, for answers, logs and metrics.
enum class verdict : std::uint8_t {
    applied = 1,  ///< it changed the task
    accepted,     ///< callback or query: the first terminal result; the task ended with it
    duplicate,    ///< the same terminal status again
    conflict,     ///< another terminal status than the stored one
    ignored,      ///< not terminal: recorded as progress
    evidence,     ///< terminal, but only a query may end the task
    mismatch,     ///< the body names another provider task than the one this task is bound to
    moot,         ///< nothing to do in this stage
};

/// The kinds of timeline entries.
enum class timeline_kind : std::uint8_t {
    accepted = 1,
    submission_started,
    submission_accepted,
    submission_refused,
    submission_postponed,
    submission_unknown,
    callback,
    duplicate,
    conflict,
    progress,
    query,
    query_failed,
    query_wanted,
    disputed,
    upheld,
    ended,
    delivery_attempt,
    delivery_parked,
    delivery_discarded,
    delivery_retried,
    operator_action,
    unrouted,
};

/// One line of a task's timeline.
struct timeline_entry {
    instant at;
    timeline_kind kind{};
    std::string detail;  ///< for people; never a secret or a callback token
    std::string body;    ///< raw bytes worth keeping (a contradicting or differing callback), else empty
};

/// What `advance` decided. The store writes `next`, the entries and, when `ends`, the deliveries, in one transaction.
struct step {
    task next;
    verdict what{verdict::moot};
    std::vector<timeline_entry> timeline;
    bool ends{};  ///< this step ended the task: render its deliveries now
};

/// How many queries may fail to settle a contradiction before an operator decides: with their growing waits, some
/// hours.
inline constexpr std::uint32_t max_settling_queries = 50;

/// How many timeline entries callbacks may cause per task: a leaked URL must not fill the disk.
inline constexpr std::uint32_t max_callback_notes = 100;

/// The one function that moves a task. Pure: same arguments, same step. Never leaves `ended`.
///
/// What holds beside the events' own descriptions:
/// - The first provider id stays. Once there is one the provider has the task, so an attempt that ends in anything but
///   acceptance leads to a query, never to another submission.
/// - The outcome of an attempt is also heard late, from an unknown task; in flight it is moot, and noted.
/// - Statuses 400, 429 and 503 of a refusal (not of an operator's) release the caller's Idempotency-Key.
/// - Progress only moves forward. What outsiders can cause is bounded by `max_callback_notes`: beyond it nothing is
///   noted, and neither evidence nor a settled contradiction makes another query due.
/// - `moot` and `mismatch` leave the task as it was; `moot` may come with a timeline entry.
[[nodiscard]] step advance(task const& item, task_event const& event, instant now);

}  // namespace voicehook::core

namespace voicehook {

template <>
inline constexpr auto names_of<core::confirmation> =
    std::array{entry(core::confirmation::conflict, "conflict"), entry(core::confirmation::always, "always")};
template <>
inline constexpr auto names_of<core::verdict> =
    std::array{entry(core::verdict::applied, "applied"),     entry(core::verdict::accepted, "accepted"),
               entry(core::verdict::duplicate, "duplicate"), entry(core::verdict::conflict, "conflict"),
               entry(core::verdict::ignored, "ignored"),     entry(core::verdict::evidence, "evidence"),
               entry(core::verdict::mismatch, "mismatch"),   entry(core::verdict::moot, "moot")};
template <>
inline constexpr auto names_of<core::timeline_kind> =
    std::array{entry(core::timeline_kind::accepted, "accepted"),
               entry(core::timeline_kind::submission_started, "submission_started"),
               entry(core::timeline_kind::submission_accepted, "submission_accepted"),
               entry(core::timeline_kind::submission_refused, "submission_refused"),
               entry(core::timeline_kind::submission_postponed, "submission_postponed"),
               entry(core::timeline_kind::submission_unknown, "submission_unknown"),
               entry(core::timeline_kind::callback, "callback"),
               entry(core::timeline_kind::duplicate, "duplicate"),
               entry(core::timeline_kind::conflict, "conflict"),
               entry(core::timeline_kind::progress, "progress"),
               entry(core::timeline_kind::query, "query"),
               entry(core::timeline_kind::query_failed, "query_failed"),
               entry(core::timeline_kind::query_wanted, "query_wanted"),
               entry(core::timeline_kind::disputed, "disputed"),
               entry(core::timeline_kind::upheld, "upheld"),
               entry(core::timeline_kind::ended, "ended"),
               entry(core::timeline_kind::delivery_attempt, "delivery_attempt"),
               entry(core::timeline_kind::delivery_parked, "delivery_parked"),
               entry(core::timeline_kind::delivery_discarded, "delivery_discarded"),
               entry(core::timeline_kind::delivery_retried, "delivery_retried"),
               entry(core::timeline_kind::operator_action, "operator_action"),
               entry(core::timeline_kind::unrouted, "unrouted")};

}  // namespace voicehook
