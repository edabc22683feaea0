#include "core/lifecycle.hpp"

#include "base/utf8.hpp"
#include "core/lifecycle_draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voicehook::core {

namespace {

constexpr std::size_t longest_shown = 200;  // bytes

int rank_of(reported_status status) noexcept { return status == reported_status::pending ? 0 : 1; }

reported_status as_running(reported_status status) noexcept {
    switch (status) {
        case reported_status::pending:
        case reported_status::processing:
        case reported_status::other: return status;
        case reported_status::completed:
        case reported_status::failed:
        case reported_status::cancelled: return reported_status::processing;
    }
    return status;
}

}  // namespace

std::string shown(std::string_view text) { return printable(text, longest_shown); }

void draft::note(timeline_kind kind, std::string detail, std::string body) {
    timeline_.push_back({.at = now, .kind = kind, .detail = std::move(detail), .body = std::move(body)});
}

noted draft::note_bounded(timeline_kind kind, std::string detail, std::string_view body) {
    if (item.notes >= max_callback_notes) return noted::no_room;
    ++item.notes;
    note(kind, std::move(detail), std::string{body});
    return noted::yes;
}

void draft::bind(provider_task_id const& id) {
    if (!item.provider_id) item.provider_id = id;
    if (!item.accepted_at) item.accepted_at = now;
}

void draft::remember_problem(std::string_view cause) { item.last_problem = shown(cause); }

void draft::end(terminal what, result_source source, std::string_view detail) {
    item.state = ended{.what = what, .at = now, .settle_at = std::nullopt};
    item.source = source;
    item.status = to_status(what);
    ending_ = ending::yes;
    auto const because = detail.empty() ? std::string{} : fmt::format(", {}", shown(detail));
    note(timeline_kind::ended, fmt::format("{} by {}{}", to_text(what), to_text(source), because));
}

step draft::finish(verdict what) && {
    return {.next = std::move(item), .what = what, .timeline = std::move(timeline_), .ends = ending_ == ending::yes};
}

movement take_progress(task& item, reported_status status, std::optional<int> progress) noexcept {
    auto const running = as_running(status);
    auto const percent = std::clamp(progress.value_or(item.progress), 0, 100);
    if (rank_of(running) < rank_of(item.status) || percent < item.progress) return movement::backward;

    auto const moves = rank_of(running) > rank_of(item.status) || percent > item.progress;
    item.status = running;
    item.progress = percent;
    return moves ? movement::forward : movement::none;
}

void tell_span(task_event& event, span_id const& span) {
    std::visit(
        [&span](auto& happened) {
            if constexpr (requires { happened.span; }) happened.span = span;
        },
        event);
}

step advance(task const& item, task_event const& event, instant now) {
    auto next = draft{item, now};
    auto const what = std::visit([&next](auto const& happened) { return apply(next, happened); }, event);
    return std::move(next).finish(what);
}

}  // namespace voicehook::core
