#include "core/lifecycle_draft.hpp"
#include "core/tracing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::core {

namespace {

bool names_another_task(task const& item, task_report const& report) noexcept {
    return item.provider_id && *item.provider_id != report.id;
}

/// Whether the stored end is the provider's own word.
bool told_by_provider(task const& item) noexcept {
    return item.source == result_source::callback || item.source == result_source::query;
}

std::string describe(callback_received const& event) {
    auto const status = to_text(event.report.status);
    auto const code =
        event.report.error_code.empty() ? std::string{} : fmt::format(" ({})", shown(event.report.error_code));
    return with_trace(fmt::format("{}{} from {}", status, code, shown(event.source_address)), event.trace);
}

verdict hear_progress(draft& next, callback_received const& event) {
    next.bind(event.report.id);
    next.note_bounded(timeline_kind::progress, describe(event));
    if (take_progress(next.item, event.report.status, event.report.progress) != movement::backward) {
        next.item.provider_body = event.body;
    }
    if (next.at() == stage::queued || next.at() == stage::unknown) next.item.state = in_flight{next.now};
    return verdict::ignored;
}

/// The status keeps what the evidence says, until a query says otherwise: the same once more is a duplicate.
verdict keep_evidence(draft& next, callback_received const& event, terminal what) {
    if (next.item.status == to_status(what)) return verdict::duplicate;
    next.bind(event.report.id);
    auto const room = next.note_bounded(timeline_kind::callback, describe(event), event.body);
    if (room == noted::no_room && next.at() == stage::in_flight) return verdict::evidence;

    next.item.status = to_status(what);
    next.item.state = in_flight{next.now};
    return verdict::evidence;
}

verdict take_result(draft& next, callback_received const& event, terminal what) {
    next.bind(event.report.id);
    next.note(timeline_kind::callback, describe(event));
    next.item.provider_body = event.body;
    next.item.progress = std::clamp(event.report.progress.value_or(next.item.progress), 0, 100);
    next.end(what, result_source::callback, event.report.error_code);
    return verdict::accepted;
}

verdict hear_duplicate(draft& next, callback_received const& event) {
    if (told_by_provider(next.item) && event.body != next.item.provider_body) {
        next.note_bounded(timeline_kind::duplicate, describe(event), event.body);
    }
    return verdict::duplicate;
}

/// A settled contradiction is opened again only as long as the timeline has room: outsiders must not be able to make
/// us ask the provider for ever.
verdict hear_contradiction(draft& next, callback_received const& event) {
    auto const room = next.note_bounded(timeline_kind::conflict, describe(event), event.body);
    auto const& quarrel = next.item.quarrel;
    if (quarrel == dispute::none || (quarrel == dispute::upheld && room == noted::yes)) {
        next.item.quarrel = dispute::settling;
        next.item.queries = 0;
        std::get<ended>(next.item.state).settle_at = next.now;
    }
    return verdict::conflict;
}

verdict hear_after_the_end(draft& next, callback_received const& event) {
    next.bind(event.report.id);
    auto const what = terminal_of(event.report);
    if (!what) return verdict::ignored;

    return *what == std::get<ended>(next.item.state).what ? hear_duplicate(next, event)
                                                          : hear_contradiction(next, event);
}

}  // namespace

verdict apply(draft& next, callback_received const& event) {
    if (names_another_task(next.item, event.report)) return verdict::mismatch;
    if (next.at() == stage::ended) return hear_after_the_end(next, event);

    auto const what = terminal_of(event.report);
    if (!what) return hear_progress(next, event);

    switch (event.confirm) {
        case confirmation::conflict: return take_result(next, event, *what);
        case confirmation::always: return keep_evidence(next, event, *what);
    }
    return verdict::moot;
}

}  // namespace voicehook::core
