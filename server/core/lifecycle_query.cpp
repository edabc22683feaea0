#include "core/lifecycle_draft.hpp"
#include "core/tracing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace voicehook::core {

namespace {

/// Where a query of an ended task is under way or due: a contradiction is being settled.
bool settles(task const& item) noexcept {
    auto const* const over = std::get_if<ended>(&item.state);
    return over != nullptr && over->settle_at.has_value();
}

bool disputes(task const& item) noexcept {
    return item.quarrel == dispute::settling || item.quarrel == dispute::disputed;
}

void settle(draft& next, dispute how) {
    next.item.quarrel = how;
    std::get<ended>(next.item.state).settle_at.reset();
}

void ask_again(draft& next, instant poll_at) {
    if (next.at() == stage::in_flight)
        next.item.state = in_flight{poll_at};
    else
        std::get<ended>(next.item.state).settle_at = poll_at;
}

/// Noted when it is news, then ever more seldom: a provider that is down for days must not fill the timeline.
void count_failure(draft& next, instant poll_at, std::string_view cause, span_id const& span) {
    auto const news = shown(cause) != next.item.last_problem;
    ++next.item.queries;
    if (news || std::has_single_bit(next.item.queries)) {
        next.note(timeline_kind::query_failed,
                  with_span(fmt::format("query {}: {}", next.item.queries, shown(cause)), span));
    }
    next.remember_problem(cause);
    ask_again(next, poll_at);
}

verdict learn_running(draft& next, query_answered const& event) {
    if (take_progress(next.item, event.report.status, event.report.progress) == movement::forward) {
        next.note(timeline_kind::query,
                  with_span(fmt::format("{}, {} %", to_text(event.report.status), next.item.progress), event.span));
    }
    next.item.provider_body = event.body;
    next.item.queries = 0;
    next.item.last_problem.clear();
    next.item.state = in_flight{event.poll_at};
    return verdict::ignored;
}

verdict learn_end(draft& next, query_answered const& event, terminal what) {
    next.bind(event.report.id);
    next.note(timeline_kind::query, with_span(std::string{to_text(event.report.status)}, event.span));
    next.item.provider_body = event.body;
    next.item.progress = std::clamp(event.report.progress.value_or(next.item.progress), 0, 100);
    next.end(what, result_source::query, event.report.error_code);
    return verdict::accepted;
}

/// The provider has been asked often enough what it stands by.
void give_up_settling(draft& next) {
    if (next.at() != stage::ended || next.item.queries < max_settling_queries) return;
    settle(next, dispute::disputed);
    next.note(timeline_kind::disputed, "the provider does not tell: an operator decides");
}

verdict learn_whose_word_stands(draft& next, query_answered const& event, std::optional<terminal> what) {
    if (!what) {
        count_failure(next, event.poll_at, "the provider says that it still runs", event.span);
        give_up_settling(next);
        return verdict::ignored;
    }
    auto told = with_span(fmt::format("the provider stands by {}", to_text(*what)), event.span);
    if (*what == std::get<ended>(next.item.state).what) {
        settle(next, dispute::upheld);
        next.note(timeline_kind::upheld, std::move(told));
    } else {
        settle(next, dispute::disputed);
        next.note(timeline_kind::disputed, std::move(told), event.body);
    }
    return verdict::applied;
}

}  // namespace

verdict apply(draft& next, query_answered const& event) {
    if (next.at() != stage::in_flight && !settles(next.item)) return verdict::moot;

    if (next.item.provider_id && *next.item.provider_id != event.report.id) {
        count_failure(next, event.poll_at, "the answer names another task", event.span);
        give_up_settling(next);
        return verdict::applied;
    }
    auto const what = terminal_of(event.report);
    if (next.at() == stage::ended) return learn_whose_word_stands(next, event, what);
    return what ? learn_end(next, event, *what) : learn_running(next, event);
}

verdict apply(draft& next, query_failed const& event) {
    if (next.at() != stage::in_flight && !settles(next.item)) return verdict::moot;

    count_failure(next, event.poll_at, event.cause, event.span);
    give_up_settling(next);
    return verdict::applied;
}

verdict apply(draft& next, query_wanted const& event) {
    auto const contradicted = next.at() == stage::ended && disputes(next.item);
    if (next.at() != stage::in_flight && !contradicted) return verdict::moot;
    if (next.note_bounded(timeline_kind::query_wanted, shown(event.why)) == noted::no_room) return verdict::moot;

    ask_again(next, std::min(next.now, due_at(next.item.state).value_or(next.now)));
    return verdict::applied;
}

}  // namespace voicehook::core
