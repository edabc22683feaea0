#include "core/lifecycle_draft.hpp"
#include "core/tracing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace voicehook::core {

namespace {

/// Answers that a caller's Idempotency-Key does not remember (contract, "Caller API").
constexpr std::array forgotten_statuses{400, 429, 503};

/// An attempt's outcome is heard while the attempt runs, and late, after its lease was lost.
bool awaits_outcome(draft const& next) noexcept {
    return next.at() == stage::submitting || next.at() == stage::unknown;
}

/// A callback came while the attempt ran: the provider has the task, whatever this attempt came to.
verdict ask_the_provider(draft& next) {
    next.item.state = in_flight{next.now};
    return verdict::applied;
}

verdict outcome_is_moot(draft& next, timeline_kind kind, std::string_view what, span_id const& span) {
    if (next.at() == stage::in_flight)
        next.note(kind, with_span(fmt::format("of no consequence, it is in flight: {}", shown(what)), span));
    return verdict::moot;
}

void end_refused(draft& next, refusal const& why, result_source source) {
    next.item.refused = why;
    auto const forgotten = std::ranges::count(forgotten_statuses, why.http_status) > 0;
    if (forgotten) next.item.idempotency_key.reset();
    next.end(terminal::failed, source, why.code);
}

void wait_unknown(draft& next, std::optional<instant> replay_at) {
    if (!next.item.unknown_since) next.item.unknown_since = next.now;
    next.item.state = unknown{replay_at};
}

void note_acceptance(draft& next, submission_accepted const& event) {
    auto told = shown(event.ref.value());
    if (*next.item.provider_id != event.ref)
        told = fmt::format("as {}, but it is bound to {}: the first id stays", told,
                           shown(next.item.provider_id->value()));
    next.note(timeline_kind::submission_accepted, with_span(std::move(told), event.span));
}

}  // namespace

verdict apply(draft& next, submission_claimed const& event) {
    auto const* const waiting = std::get_if<unknown>(&next.item.state);
    auto const replayable = waiting != nullptr && waiting->replay_at.has_value();
    if (next.at() != stage::queued && !replayable) return verdict::moot;

    ++next.item.submissions;
    ++next.item.lease_token;
    next.item.state = submitting{event.lease_until};
    next.note(timeline_kind::submission_started, fmt::format("attempt {}", next.item.submissions));
    return verdict::applied;
}

verdict apply(draft& next, submission_lost const& event) {
    if (next.at() != stage::submitting) return verdict::moot;

    next.note(timeline_kind::submission_unknown, "the attempt was lost, its outcome cannot be known");
    if (next.item.provider_id) return ask_the_provider(next);
    wait_unknown(next, event.replay_at);
    return verdict::applied;
}

verdict apply(draft& next, submission_accepted const& event) {
    auto const before = next.at();
    next.bind(event.ref);
    note_acceptance(next, event);
    if (before == stage::ended) return verdict::applied;

    next.item.last_problem.clear();
    if (*next.item.provider_id == event.ref && (before != stage::in_flight || next.item.provider_body.empty())) {
        static_cast<void>(take_progress(next.item, event.status, std::nullopt));
        next.item.provider_body = event.body;
    }
    if (before == stage::in_flight) return verdict::applied;

    auto const over = terminal_of({.id = event.ref, .status = event.status}).has_value();
    next.item.state = in_flight{over ? next.now : event.poll_at};
    return verdict::applied;
}

verdict apply(draft& next, submission_refused const& event) {
    if (!awaits_outcome(next))
        return outcome_is_moot(next, timeline_kind::submission_refused, event.why.code, event.span);

    next.note(timeline_kind::submission_refused,
              with_span(fmt::format("{} {}", event.why.http_status, shown(event.why.code)), event.span));
    next.remember_problem(event.why.code);
    if (next.item.provider_id) return ask_the_provider(next);

    auto const perhaps_accepted_before = next.item.unknown_since.has_value();
    if (perhaps_accepted_before && event.about == submission_refused::scope::account) {
        next.item.state = unknown{event.retry_at};
    } else {
        end_refused(next, event.why, result_source::refusal);
    }
    return verdict::applied;
}

verdict apply(draft& next, submission_postponed const& event) {
    if (!awaits_outcome(next))
        return outcome_is_moot(next, timeline_kind::submission_postponed, event.cause, event.span);

    next.note(timeline_kind::submission_postponed, with_span(shown(event.cause), event.span));
    next.remember_problem(event.cause);
    if (next.item.provider_id) return ask_the_provider(next);

    if (next.item.unknown_since)
        next.item.state = unknown{event.retry_at};
    else
        next.item.state = queued{event.retry_at};
    return verdict::applied;
}

verdict apply(draft& next, submission_unknown const& event) {
    if (!awaits_outcome(next)) return outcome_is_moot(next, timeline_kind::submission_unknown, event.cause, event.span);

    next.note(timeline_kind::submission_unknown, with_span(shown(event.cause), event.span));
    next.remember_problem(event.cause);
    if (next.item.provider_id) return ask_the_provider(next);

    wait_unknown(next, event.replay_at);
    return verdict::applied;
}

verdict apply(draft& next, submission_expired const& event) {
    if (next.at() != stage::queued && !awaits_outcome(next)) {
        return outcome_is_moot(next, timeline_kind::submission_postponed, event.why.code, {});
    }
    if (next.item.provider_id) return ask_the_provider(next);

    if (next.item.unknown_since) {
        next.item.state = unknown{std::nullopt};
        next.note(timeline_kind::submission_unknown, "the deadline has passed: waits for a callback or an operator");
    } else {
        end_refused(next, event.why, result_source::ours);
    }
    return verdict::applied;
}

}  // namespace voicehook::core
