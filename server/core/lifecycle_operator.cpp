#include "core/lifecycle_draft.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::core {

namespace {

/// How long a task that an operator has resubmitted may be tried, at least.
constexpr duration resubmission_time = 10min;

void note_operator(draft& next, std::string_view who, std::string_view what) {
    next.note(timeline_kind::operator_action, fmt::format("{}: {}", shown(who), shown(what)));
}

}  // namespace

verdict apply(draft& next, operator_ended const& event) {
    if (next.at() == stage::ended) return verdict::moot;

    note_operator(next, event.who, fmt::format("ended as {}", to_text(event.what)));
    next.item.refused = event.why;
    next.end(event.what, result_source::operator_action, event.why.code);
    return verdict::applied;
}

verdict apply(draft& next, operator_bound const& event) {
    auto const open = next.at() != stage::in_flight && next.at() != stage::ended;
    if (!open || next.item.provider_id) return verdict::moot;

    next.bind(event.ref);
    next.item.state = in_flight{next.now};
    note_operator(next, event.who, fmt::format("bound to {}", event.ref.value()));
    return verdict::applied;
}

verdict apply(draft& next, operator_resubmitted const& event) {
    if (next.at() != stage::unknown) return verdict::moot;

    next.item.state = unknown{next.now};
    next.item.deadline = std::max(next.item.deadline, next.now + resubmission_time);
    note_operator(next, event.who, "submit again with the same key");
    return verdict::applied;
}

verdict apply(draft& next, operator_upheld const& event) {
    auto const contradicted = next.item.quarrel == dispute::settling || next.item.quarrel == dispute::disputed;
    if (next.at() != stage::ended || !contradicted) return verdict::moot;

    next.item.quarrel = dispute::upheld;
    std::get<ended>(next.item.state).settle_at.reset();
    note_operator(next, event.who, fmt::format("the stored result stands: {}", event.why));
    next.note(timeline_kind::upheld, "by an operator");
    return verdict::applied;
}

}  // namespace voicehook::core
