#include "store/changes.hpp"

#include "core/tracing.hpp"
#include "store/counting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace voicehook::store {
namespace {

void insert_delivery(rows& table, core::task const& ended, core::new_delivery rendered, instant now) {
    auto const row = delivery_row{{.id = std::move(rendered.id),
                                   .task = ended.id,
                                   .task_trace_parent = ended.trace_parent,
                                   .caller = ended.caller,
                                   .sink = std::move(rendered.sink),
                                   .destination = std::move(rendered.destination),
                                   .content_type = std::move(rendered.content_type),
                                   .body = std::move(rendered.body),
                                   .event_type = std::move(rendered.event_type),
                                   .encoding = rendered.encoding,
                                   .created_at = now,
                                   .due_at = now}};
    table.insert(row);
    recount(table, {}, counters_of(row.item));
    table.add({counter_kind::delivery_created}, 1);
}

/// A copy of what a result links to is no delivery of the result.
bool is_for_somebody(core::new_delivery const& item) { return item.sink.value() != core::artifact_sink; }

/// A result that nobody asked for must be seen: it is counted and stands in its task's timeline.
void note_unrouted(rows& table, core::task const& ended, instant now) {
    table.append(ended.id, {now, core::timeline_kind::unrouted, "no sink takes it", {}});
    table.add({counter_kind::unrouted}, 1);
}

bool binds_foreign_id(rows& table, core::task const& before, core::task const& after) {
    if (!after.provider_id || after.provider_id == before.provider_id) return false;
    return table.task_bound_to(*after.provider_id).has_value();
}

}  // namespace

std::vector<core::new_delivery> render_nothing(core::task const&) { return {}; }

void insert_task(rows& table, task_row const& row, instant now) {
    table.insert(row);
    recount(table, {}, counters_of(row.item));
    table.add({counter_kind::accepted}, 1);
    table.append(row.item.id,
                 {now,
                  core::timeline_kind::accepted,
                  fmt::format("from {}, trace {}", row.item.caller.value(), core::trace_id_of(row.item).value()),
                  {}});
    if (core::stage_of(row.item.state) == core::stage::submitting)
        table.append(
            row.item.id,
            {now, core::timeline_kind::submission_started, fmt::format("attempt {}", row.item.submissions), {}});
}

void update_task(rows& table, task_row const& before, task_row const& after) {
    table.update(before, after);
    recount(table, counters_of(before.item), counters_of(after.item));
}

ports::transition write_step(rows& table, task_row const& before, core::step step, lease_owner leased_by,
                             ports::render_function const& render, instant now) {
    auto const was = core::stage_of(before.item.state);
    if (binds_foreign_id(table, before.item, step.next)) return {core::verdict::mismatch, before.item, was, false};

    auto deliveries = step.ends ? render(step.next) : std::vector<core::new_delivery>{};
    auto const is_due = core::due_at(step.next.state).has_value();
    auto after = task_row{std::move(step.next), is_due ? std::move(leased_by) : lease_owner{}};
    if (after.item != before.item || after.leased_by != before.leased_by) update_task(table, before, after);
    for (auto const& entry : step.timeline) table.append(after.item.id, entry);
    if (step.ends && std::ranges::none_of(deliveries, is_for_somebody)) note_unrouted(table, after.item, now);
    for (auto& rendered : deliveries) insert_delivery(table, after.item, std::move(rendered), now);
    return {step.what, std::move(after.item), was, step.ends};
}

void lose_submission(rows& table, task_row const& row, std::optional<duration> replay_after, instant now) {
    auto const replay_at = replay_after ? std::optional{now + *replay_after} : std::nullopt;
    write_step(table, row, core::advance(row.item, core::submission_lost{replay_at}, now), {}, render_nothing, now);
}

void set_query_due(core::task& item, instant due) {
    if (auto* const running = std::get_if<core::in_flight>(&item.state)) running->poll_at = due;
    if (auto* const over = std::get_if<core::ended>(&item.state); over != nullptr && over->settle_at)
        over->settle_at = due;
}

void shift_lease(core::task& item, duration by) {
    if (auto* const under_way = std::get_if<core::submitting>(&item.state)) under_way->lease_until += by;
}

void release_task(rows& table, task_row const& row, std::optional<duration> lost_replay_after, instant due,
                  instant now) {
    if (core::stage_of(row.item.state) == core::stage::submitting) {
        lose_submission(table, row, lost_replay_after, now);
        return;
    }
    auto released = task_row{row.item};
    set_query_due(released.item, due);
    update_task(table, row, released);
}

void release_delivery(rows& table, delivery_row const& row, instant due) {
    auto released = delivery_row{row.item};
    released.item.state = core::delivery_state::pending;
    released.item.due_at = due;
    update_delivery(table, row, released);
}

std::vector<ports::replica> replicas_by_name(rows& table) {
    auto all = table.replicas();
    std::ranges::sort(all, {}, [](auto const& each) { return std::tie(each.note.name, each.note.owner); });
    return all;
}

std::optional<instant> in_callers_time(std::optional<instant> at, duration ahead) noexcept {
    return at ? std::optional{*at - ahead} : std::nullopt;
}

void update_delivery(rows& table, delivery_row const& before, delivery_row const& after) {
    table.update(before, after);
    recount(table, counters_of(before.item), counters_of(after.item));
}

void make_due_again(rows& table, delivery_row const& parked, instant now, std::string const& how) {
    auto pending = delivery_row{parked.item};
    pending.item.state = core::delivery_state::pending;
    pending.item.due_at = now;
    pending.item.tried_for = duration::zero();
    pending.item.attempts = 0;
    update_delivery(table, parked, pending);
    note_delivery(table, pending.item, now, core::timeline_kind::delivery_retried, how);
}

void note_delivery(rows& table, core::delivery const& item, instant now, core::timeline_kind kind,
                   std::string const& detail, std::string body) {
    table.append(item.task, {now, kind, fmt::format("{}: {}", item.sink.value(), detail), std::move(body)});
}

}  // namespace voicehook::store
