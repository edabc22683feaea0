#include "store/changes.hpp"
#include "store/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace voicehook::store::operations {
namespace {

bool is_undecided(core::task const& item) {
    auto const stage = core::stage_of(item.state);
    auto const before_the_verdict =
        stage == core::stage::queued || stage == core::stage::submitting || stage == core::stage::unknown;
    return before_the_verdict && !item.refused;
}

ports::acceptance answer_again(core::task earlier, core::task const& offered, instant now) {
    using enum ports::acceptance_outcome;
    auto const what = earlier.fingerprint != offered.fingerprint         ? key_reused
                      : is_undecided(earlier) && now < earlier.answer_by ? still_running
                                                                         : replayed;
    return {what, std::move(earlier)};
}

std::uint64_t open_tasks_of(rows& table, caller_name const& caller) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, table.counter({counter_kind::open, caller.value()})));
}

/// Every caller that ever had a task: they have counters.
std::vector<caller_name> callers_so_far(rows& table) {
    auto callers = std::vector<caller_name>{};
    for (auto const& [key, value] : table.counters())
        if (key.kind == counter_kind::open) callers.emplace_back(key.subject);
    return callers;
}

failure unknown_task(std::string_view id) { return {errc::not_found, fmt::format("find task {}", id)}; }

}  // namespace

result<ports::acceptance> accept_task(rows& table, core::task const& item, ports::acceptance_limits const& limits,
                                      instant now) {
    using enum ports::acceptance_outcome;
    auto const ahead = table.clock_ahead(now);
    if (auto same = table.task(item.id)) {
        shift_lease(same->item, -ahead);
        return ports::acceptance{stored, std::move(same->item)};
    }
    if (item.idempotency_key)
        if (auto const earlier = table.task_with_key(item.caller, *item.idempotency_key))
            return answer_again(std::move(table.task(*earlier)->item), item, now);
    if (open_tasks_of(table, item.caller) >= limits.max_open) return ports::acceptance{over_quota, item};

    auto const leased = core::stage_of(item.state) == core::stage::submitting;
    auto row = task_row{item, leased ? limits.owner : lease_owner{}};
    shift_lease(row.item, ahead);
    insert_task(table, row, now);
    shift_lease(row.item, -ahead);
    return ports::acceptance{stored, std::move(row.item)};
}

result<ports::claimed<core::task>> claim_submissions(rows& table, ports::claim_terms const& terms,
                                                     std::optional<duration> lost_replay_after) {
    auto taken = ports::claimed<core::task>{};
    auto const ahead = table.clock_ahead(terms.now);
    for (auto const& row : table.due_tasks(core::due_kind::submission, terms.now + ahead, terms.limit)) {
        if (core::stage_of(row.item.state) == core::stage::submitting) {
            lose_submission(table, row, lost_replay_after, terms.now);
            ++taken.lost;
            continue;
        }
        auto claim = core::advance(row.item, core::submission_claimed{terms.lease_until + ahead}, terms.now);
        auto claimed = write_step(table, row, std::move(claim), terms.owner, render_nothing, terms.now);
        shift_lease(claimed.item, -ahead);
        taken.items.push_back(std::move(claimed.item));
    }
    taken.next_due = in_callers_time(table.next_task_due(core::due_kind::submission), ahead);
    return taken;
}

result<ports::claimed<core::task>> claim_queries(rows& table, ports::claim_terms const& terms) {
    auto taken = ports::claimed<core::task>{};
    auto const ahead = table.clock_ahead(terms.now);
    for (auto const& row : table.due_tasks(core::due_kind::query, terms.now + ahead, terms.limit)) {
        auto leased = task_row{row.item, terms.owner};
        ++leased.item.lease_token;
        set_query_due(leased.item, terms.lease_until + ahead);
        update_task(table, row, leased);
        set_query_due(leased.item, terms.lease_until);
        taken.items.push_back(std::move(leased.item));
    }
    taken.next_due = in_callers_time(table.next_task_due(core::due_kind::query), ahead);
    return taken;
}

result<ports::transition> record_outcome(rows& table, task_id const& id, std::uint32_t token,
                                         core::task_event const& outcome, ports::render_function const& render,
                                         instant now) {
    auto const row = table.task(id);
    if (!row) return unexpected{unknown_task(id.value())};
    if (row->item.lease_token != token)
        return fail(errc::lease_lost, fmt::format("record the outcome of claim {} of {}", token, id.value()));
    return write_step(table, *row, core::advance(row->item, outcome, now), {}, render, now);
}

result<ports::transition> record_callback(rows& table, task_id const& id, core::callback_received const& notice,
                                          ports::render_function const& render, instant now) {
    auto const row = table.task(id);
    if (!row) return unexpected{unknown_task(id.value())};
    return write_step(table, *row, core::advance(row->item, notice, now), row->leased_by, render, now);
}

result<ports::transition> record_event(rows& table, task_id const& id, core::task_event const& event,
                                       ports::render_function const& render, instant now) {
    auto const row = table.task(id);
    if (!row) return unexpected{unknown_task(id.value())};
    auto step = core::advance(row->item, event, now);
    if (step.what == core::verdict::moot)
        return fail(errc::conflict, fmt::format("nothing to do for {} in stage {}", id.value(),
                                                to_text(core::stage_of(row->item.state))));
    auto done = write_step(table, *row, std::move(step), row->leased_by, render, now);
    if (done.what == core::verdict::mismatch)
        return fail(errc::conflict, fmt::format("{} cannot have an id that another task has", id.value()));
    return done;
}

result<core::task> find_task(rows& table, std::string const& id) {
    if (auto row = table.task(task_id{id})) return std::move(row->item);
    if (auto const bound = table.task_bound_to(provider_task_id{id}))
        if (auto row = table.task(*bound)) return std::move(row->item);
    return unexpected{unknown_task(id)};
}

result<std::vector<core::task>> look_up_tasks(rows& table, ports::task_lookup const& what) {
    auto ids = std::set<task_id>{};
    auto const add = [&ids](std::optional<task_id> const& id) {
        if (id) ids.insert(*id);
    };
    add(what.id);
    if (what.provider_id) add(table.task_bound_to(*what.provider_id));
    if (what.delivery)
        if (auto const row = table.delivery(*what.delivery)) add(row->item.task);
    if (what.idempotency_key)
        for (auto const& caller : callers_so_far(table)) add(table.task_with_key(caller, *what.idempotency_key));
    if (what.trace_id)
        for (auto const& id : table.tasks_of_trace(*what.trace_id, what.limit)) ids.insert(id);

    auto found = std::vector<core::task>{};
    for (auto const& id : ids) {
        auto row = table.task(id);
        if (!row) continue;
        row->item.submit_body.clear();
        found.push_back(std::move(row->item));
    }
    std::ranges::sort(found, std::ranges::greater{},
                      [](core::task const& item) { return std::pair{item.created_at, item.id.value()}; });
    if (found.size() > what.limit) found.resize(what.limit);
    return found;
}

result<ports::task_page> list_tasks(rows& table, ports::task_filter const& filter) {
    auto start = std::optional<list_position>{};
    if (filter.after) {
        auto const last = table.task_outline(*filter.after);
        auto const created = last ? std::optional{last->created_at} : made_at(*filter.after);
        if (!created) return fail(errc::invalid, "list tasks: the cursor is no task id");
        start = list_position{*created, filter.after->value()};
    }
    return table.list_tasks(filter, start);
}

result<ports::task_history> read_history(rows& table, task_id const& id) {
    auto row = table.task(id);
    if (!row) return unexpected{unknown_task(id.value())};
    return ports::task_history{std::move(row->item), table.timeline(id), table.deliveries_of(id)};
}

}  // namespace voicehook::store::operations
