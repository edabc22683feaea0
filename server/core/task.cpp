#include "core/task.hpp"

namespace voicehook::core {

stage stage_of(task_state const& state) noexcept {
    struct {
        stage operator()(queued const&) const noexcept { return stage::queued; }
        stage operator()(submitting const&) const noexcept { return stage::submitting; }
        stage operator()(unknown const&) const noexcept { return stage::unknown; }
        stage operator()(in_flight const&) const noexcept { return stage::in_flight; }
        stage operator()(ended const&) const noexcept { return stage::ended; }
    } constexpr name_of;
    return std::visit(name_of, state);
}

std::optional<instant> due_at(task_state const& state) noexcept {
    using moment = std::optional<instant>;
    struct {
        moment operator()(queued const& now) const noexcept { return now.submit_at; }
        moment operator()(submitting const& now) const noexcept { return now.lease_until; }
        moment operator()(unknown const& now) const noexcept { return now.replay_at; }
        moment operator()(in_flight const& now) const noexcept { return now.poll_at; }
        moment operator()(ended const& now) const noexcept { return now.settle_at; }
    } constexpr due_of;
    return std::visit(due_of, state);
}

std::optional<due_kind> due_kind_of(task_state const& state) noexcept {
    if (!due_at(state)) return std::nullopt;
    switch (stage_of(state)) {
        case stage::queued:
        case stage::submitting:
        case stage::unknown: return due_kind::submission;
        case stage::in_flight:
        case stage::ended: return due_kind::query;
    }
    return std::nullopt;
}

reported_status shown_status(task const& item) noexcept {
    switch (stage_of(item.state)) {
        case stage::queued:
        case stage::submitting:
        case stage::unknown:
            return item.status == reported_status::processing ? reported_status::processing : reported_status::pending;
        case stage::in_flight:
            return item.status == reported_status::pending ? reported_status::pending : reported_status::processing;
        case stage::ended: return to_status(std::get<ended>(item.state).what);
    }
    return reported_status::pending;
}

reported_status to_status(terminal what) noexcept {
    switch (what) {
        case terminal::completed: return reported_status::completed;
        case terminal::failed: return reported_status::failed;
        case terminal::cancelled: return reported_status::cancelled;
    }
    return reported_status::other;
}

}  // namespace voicehook::core
