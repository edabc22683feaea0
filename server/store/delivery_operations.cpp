#include "core/tracing.hpp"
#include "store/changes.hpp"
#include "store/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace voicehook::store::operations {
namespace {

using core::delivery_state;
using core::timeline_kind;

/// Writes a delivery that nobody works on any more.
void settle(rows& table, delivery_row const& before, core::delivery after) {
    update_delivery(table, before, delivery_row{std::move(after)});
}

/// The delivery after an attempt. Each decision changes something else.
struct after_attempt {
    core::delivery item;
    ports::attempt_record const& attempt;

    core::delivery operator()(core::delivered const&) && {
        item.state = delivery_state::delivered;
        item.cause.reset();
        return std::move(item);
    }
    core::delivery operator()(core::retry_at const& later) && {
        item.state = delivery_state::pending;
        item.cause = attempt.outcome.failed;
        item.due_at = later.due;
        item.tried_for = later.tried_for;
        return std::move(item);
    }
    core::delivery operator()(core::park const& parked) && {
        item.state = delivery_state::parked;
        item.cause = parked.cause;
        return std::move(item);
    }
    core::delivery operator()(core::defer const& later) && {
        item.state = delivery_state::pending;
        item.due_at = later.due;
        item.tried_for = later.tried_for;
        --item.attempts;
        return std::move(item);
    }
    core::delivery operator()(core::give_up const& given_up) && {
        item.state = delivery_state::parked;
        item.cause = given_up.cause;
        --item.attempts;
        return std::move(item);
    }
};

core::delivery move_on(core::delivery item, ports::attempt_record const& attempt) {
    if (!std::holds_alternative<core::defer>(attempt.decision)) item.last_answer = attempt.outcome.answer;
    auto mover = after_attempt{std::move(item), attempt};
    return std::visit([&mover](auto const& decision) { return std::move(mover)(decision); }, attempt.decision);
}

/// For how long one that was due at `due` has been kept from its sink.
duration kept_waiting(ports::claim_terms const& terms, instant due) {
    if (!terms.kept_since) return duration::zero();
    return std::max(duration::zero(), terms.now - std::max(due, *terms.kept_since));
}

result<delivery_row> find_parked(rows& table, delivery_id const& id) {
    auto row = table.delivery(id);
    if (!row) return fail(errc::not_found, fmt::format("find delivery {}", id.value()));
    if (row->item.state != delivery_state::parked)
        return fail(errc::conflict, fmt::format("delivery {} is {}, not parked", id.value(), to_text(row->item.state)));
    return std::move(*row);
}

}  // namespace

result<ports::claimed<core::delivery>> claim_deliveries(rows& table, sink_name const& sink,
                                                        ports::claim_terms const& terms) {
    auto taken = ports::claimed<core::delivery>{};
    if (table.is_paused(sink)) {
        taken.paused = true;
        return taken;
    }
    auto const ahead = table.clock_ahead(terms.now);
    for (auto const& row : table.due_deliveries(sink, terms.now - terms.overdue_by + ahead, terms.limit)) {
        auto leased = delivery_row{row.item, terms.owner};
        leased.item.tried_for += kept_waiting(terms, row.item.due_at - ahead);
        leased.item.state = delivery_state::delivering;
        leased.item.due_at = terms.lease_until + ahead;
        ++leased.item.attempts;
        ++leased.item.lease_token;
        update_delivery(table, row, leased);
        leased.item.due_at = terms.lease_until;
        taken.items.push_back(std::move(leased.item));
    }
    taken.next_due = in_callers_time(table.next_delivery_due(sink), ahead);
    return taken;
}

result<void> record_attempt(rows& table, ports::attempt_record const& attempt) {
    auto const row = table.delivery(attempt.id);
    if (!row || row->item.lease_token != attempt.token || row->item.state != delivery_state::delivering)
        return fail(errc::lease_lost, fmt::format("record attempt {} of {}", attempt.token, attempt.id.value()));

    auto const after = move_on(row->item, attempt);
    settle(table, *row, after);
    if (std::holds_alternative<core::defer>(attempt.decision)) return {};
    if (std::holds_alternative<core::give_up>(attempt.decision)) {
        note_delivery(table, after, attempt.now, timeline_kind::delivery_parked,
                      fmt::format("{}, not tried again: {}", to_text(*after.cause), attempt.outcome.answer));
        return {};
    }
    auto told = fmt::format("attempt {}, {}, {} ms", after.attempts, attempt.outcome.answer, attempt.took.count());
    note_delivery(table, after, attempt.now, timeline_kind::delivery_attempt,
                  core::with_trace(std::move(told), {core::trace_id_of(after.id), attempt.span}), attempt.outcome.head);
    if (after.state == delivery_state::parked)
        note_delivery(table, after, attempt.now, timeline_kind::delivery_parked, std::string{to_text(*after.cause)});
    if (attempt.outcome.then == core::attempt_outcome::hint::pause_sink)
        table.pause(after.sink, {ports::pause_state::paused, attempt.outcome.answer, "the sink"}, attempt.now);
    return {};
}

result<void> retry_delivery(rows& table, delivery_id const& id, std::string const& who, instant now) {
    auto const row = find_parked(table, id);
    if (!row) return unexpected{row.error()};

    make_due_again(table, *row, now, fmt::format("by {}", who));
    table.append(ports::action{.at = now, .who = who, .what = ports::action_kind::retry, .subject = id.value()});
    return {};
}

result<void> discard_delivery(rows& table, delivery_id const& id, std::string const& who, std::string const& reason,
                              instant now) {
    auto const row = find_parked(table, id);
    if (!row) return unexpected{row.error()};

    auto discarded = row->item;
    discarded.state = delivery_state::discarded;
    settle(table, *row, discarded);
    note_delivery(table, discarded, now, timeline_kind::delivery_discarded, fmt::format("by {}: {}", who, reason));
    table.append(ports::action{
        .at = now, .who = who, .what = ports::action_kind::discard, .subject = id.value(), .why = reason});
    return {};
}

result<ports::delivery_page> list_deliveries(rows& table, ports::delivery_filter const& filter) {
    auto start = std::optional<list_position>{};
    if (filter.after) {
        auto const row = table.delivery(*filter.after);
        if (!row) return fail(errc::invalid, "list deliveries: the cursor is unknown");
        start = list_position{row->item.created_at, filter.after->value()};
    }
    return table.list_deliveries(filter, start);
}

result<void> set_sink_paused(rows& table, sink_name const& sink, ports::sink_pause const& pause, instant now) {
    auto done = ports::action{.at = now, .who = pause.who, .subject = sink.value(), .why = pause.reason};
    switch (pause.state) {
        case ports::pause_state::paused:
            table.pause(sink, pause, now);
            done.what = ports::action_kind::pause;
            break;
        case ports::pause_state::running:
            table.resume(sink);
            done.what = ports::action_kind::resume;
            break;
    }
    table.append(done);
    return {};
}

}  // namespace voicehook::store::operations
