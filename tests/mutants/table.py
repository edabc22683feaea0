"""The mistakes that are planted: each one that a careful person could make in this protocol."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """One replacement; `before` stands exactly once in `file`."""

    file: str
    before: str
    after: str


@dataclass(frozen=True)
class Mutant:
    name: str
    mistake: str
    edits: tuple[Edit, ...]
    #: Test programs that look at this part, should the simulation find nothing.
    tests: tuple[str, ...] = ("core_test", "test_flows", "store_contract_test")
    #: The store that the simulation plays over.
    store: str = "memory"


def _mutant(name: str, mistake: str, *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, mistake, tuple(Edit(*item) for item in edits))


def _postgres_mutant(name: str, mistake: str, *edits: tuple[str, str, str]) -> Mutant:
    """Of what only the shared store does: a short look by simulation, the rest by its own tests."""
    return Mutant(name, mistake, tuple(Edit(*item) for item in edits), ("postgres_store_test",), "postgres")


INTAKE = "server/flows/intake.cpp"
SUBMIT = "server/flows/submit.cpp"
OUTBOX = "server/flows/outbox.cpp"
RECONCILE = "server/flows/reconcile.cpp"
REPLAY = "server/flows/replay.cpp"
SINK_WORKER = "server/flows/sink_worker.cpp"
DRAFT = "server/core/lifecycle.cpp"
CALLBACK = "server/core/lifecycle_callback.cpp"
QUERY = "server/core/lifecycle_query.cpp"
SUBMISSION = "server/core/lifecycle_submission.cpp"
POLICY = "server/core/submission_policy.cpp"
VERDICT = "server/core/provider_verdict.cpp"
TASK_OPERATIONS = "server/store/task_operations.cpp"
DELIVERY_OPERATIONS = "server/store/delivery_operations.cpp"
OPERATOR_OPERATIONS = "server/store/operator_operations.cpp"
CHANGES = "server/store/changes.cpp"
MEMORY_ROWS = "server/store/memory/memory_rows.cpp"
MEMORY_OPERATOR_ROWS = "server/store/memory/operator_rows.cpp"
COMMITTER = "server/store/postgres/committer.cpp"
POSTGRES_ROWS = "server/store/postgres/postgres_rows.cpp"
POSTGRES_TASKS = "server/store/postgres/task_rows.cpp"
POSTGRES_DELIVERIES = "server/store/postgres/delivery_rows.cpp"
PENDING_WRITES = "server/store/postgres/pending_writes.cpp"

_STORE_NOTICE = """    auto const now = clock_.now();
    auto const trace = notice.trace;
    auto const recorded = co_await store_.record_callback("""
_QUERY_FAILED = """    count_failure(next, event.poll_at, event.cause, event.span);
    give_up_settling(next);
    return verdict::applied;
}

verdict apply(draft& next, query_wanted"""


def _failed_query_ends(cause: str) -> str:
    return f"""    if (next.at() == stage::in_flight && event.cause == "{cause}") {{
        next.end(terminal::failed, result_source::query, event.cause);
        return verdict::accepted;
    }}
{_QUERY_FAILED}"""


MUTANTS: tuple[Mutant, ...] = (
    _mutant("answer_before_commit", "A callback that the store did not take is answered 2xx.",
            (INTAKE, 'log_failure("record_failed", "callback", id, trace.trace, why);\n        return callback_result::unavailable;',
             'log_failure("record_failed", "callback", id, trace.trace, why);\n        return callback_result::accepted;')),
    _mutant("dedupe_before_write", "A callback counts as seen before it is durable, so its repetition is not stored.",
            (INTAKE, '#include "wire/provider_messages.hpp"\n',
             '#include "wire/provider_messages.hpp"\n\n#include <set>\n'),
            (INTAKE, _STORE_NOTICE, """    static thread_local std::set<std::string> seen;
    auto const ends = core::terminal_of(notice.report).has_value();
    if (ends && !seen.insert(id.value()).second) co_return callback_outcome{callback_result::duplicate, {}};
""" + _STORE_NOTICE)),
    _mutant("new_key_on_resubmit", "A submission is tried again under a new Idempotency-Key.",
            (SUBMIT, "auto const reply = co_await provider_.submit(item, trace);", """auto renamed = item;
        if (item.submissions > 1) renamed.id = make_task_id(clock_.now(), random_entropy());
        auto const reply = co_await provider_.submit(renamed, trace);""")),
    _mutant("submit_before_durable", "The provider is called before the task is stored.",
            (SUBMIT, "auto accepted = co_await store_.accept_task(make_task(request, state, now), limits, now);",
             """auto item = make_task(request, state, now);
    static_cast<void>(co_await provider_.submit(item, core::trace_of(item)));
    auto accepted = co_await store_.accept_task(std::move(item), limits, now);""")),
    _mutant("replay_too_early", "An unknown outcome is replayed without giving a callback its chance.",
            (POLICY, "auto const at = now + policy.replay_after + next_wait(", "auto const at = now + next_wait(")),
    _mutant("silence_is_no", "A request that was perhaps sent counts as certainly not accepted.",
            (VERDICT, "case provider_silence::request::perhaps_sent: return submission_verdict::unknown;",
             "case provider_silence::request::perhaps_sent: return submission_verdict::retry_later;")),
    _mutant("server_error_is_no", "A 5xx answer to a submission counts as certainly not accepted.",
            (VERDICT, 'same_word(code, "paid_outcome_unknown")) return submission_verdict::unknown;',
             'same_word(code, "paid_outcome_unknown")) return submission_verdict::retry_later;')),
    _mutant("lost_attempt_is_no", "A submission whose process died is queued as if it had never been sent.",
            (SUBMISSION, """    if (next.item.provider_id) return ask_the_provider(next);
    wait_unknown(next, event.replay_at);
    return verdict::applied;
}

verdict apply(draft& next, submission_accepted""", """    if (next.item.provider_id) return ask_the_provider(next);
    next.item.state = queued{next.now};
    return verdict::applied;
}

verdict apply(draft& next, submission_accepted""")),
    _mutant("forgets_unknown", "A later refusal ends a task whose earlier attempt may have been accepted.",
            (SUBMISSION, "if (!next.item.unknown_since) next.item.unknown_since = next.now;\n", "")),
    _mutant("deadline_ends_unknown", "The deadline ends a task whose outcome is unknown as failed.",
            (SUBMISSION, """    if (next.item.unknown_since) {
        next.item.state = unknown{std::nullopt};""", """    if (next.item.unknown_since && false) {
        next.item.state = unknown{std::nullopt};""")),
    _mutant("no_submission_lease", "A submission is claimed without a lease.",
            (TASK_OPERATIONS, "core::submission_claimed{terms.lease_until + ahead}",
             "core::submission_claimed{terms.now + ahead}")),
    _mutant("no_delivery_lease", "A delivery is claimed without a lease.",
            (DELIVERY_OPERATIONS, "leased.item.due_at = terms.lease_until + ahead;", "leased.item.due_at = terms.now + ahead;")),
    _mutant("no_fencing_of_tasks", "The outcome of a claim is recorded although another owner has claimed since.",
            (TASK_OPERATIONS, "if (row->item.lease_token != token)", "if (row->item.lease_token < token)")),
    _mutant("no_fencing_of_deliveries", "An attempt is recorded although another owner has claimed since.",
            (DELIVERY_OPERATIONS, "row->item.lease_token != attempt.token ||", "row->item.lease_token < attempt.token ||")),
    _mutant("queries_not_read_at_start", "A new process does not look for queries that are due.",
            (RECONCILE, "    bell_.ring_now();\n}\n\nvoid reconcile::stop_claiming", "}\n\nvoid reconcile::stop_claiming")),
    _mutant("deliveries_not_read_at_start", "A new process does not look for deliveries that are due.",
            (SINK_WORKER, "    bell_.ring_now();\n    parts_.loops.spawn(", "    parts_.loops.spawn(")),
    _mutant("submissions_not_read_at_start", "A new process does not look for submissions that are due.",
            (SUBMIT, "    bell_.ring_now();\n}\n\nvoid submit::stop_claiming", "}\n\nvoid submit::stop_claiming")),
    _mutant("nobody_looks_again", "A worker sleeps until it is told of work, and a lost answer tells nobody.",
            ("server/flows/worker.cpp", "    bell.ring(std::min(next_due.value_or(instant::max()), now + look_again));",
             "    if (next_due) bell.ring(*next_due);")),
    _mutant("leases_kept_at_start", "The leases of a dead owner are given back, but its submissions stay under way.",
            (CHANGES, """        lose_submission(table, row, lost_replay_after, now);
        return;""", """        return;""")),
    _mutant("conflict_overwrites", "A contradicting callback takes the place of the stored result.",
            (CALLBACK, ": hear_contradiction(next, event);", ": take_result(next, event, *what);")),
    _mutant("conflict_never_settled", "A contradiction is noted, and nobody is asked about it.",
            (CALLBACK, "        std::get<ended>(next.item.state).settle_at = next.now;\n", "")),
    _mutant("duplicate_is_new", "A repeated callback is answered as if it were the first.",
            (CALLBACK, "    return verdict::duplicate;\n}\n\n/// A settled", "    return verdict::accepted;\n}\n\n/// A settled")),
    _mutant("early_callback_dropped", "A callback that comes before the submit response is ignored.",
            (CALLBACK, "    if (names_another_task(next.item, event.report)) return verdict::mismatch;\n",
             """    if (names_another_task(next.item, event.report)) return verdict::mismatch;
    if (next.at() == stage::submitting) return verdict::ignored;
""")),
    _mutant("last_id_wins", "A later provider id takes the place of the first.",
            (DRAFT, "if (!item.provider_id) item.provider_id = id;", "item.provider_id = id;")),
    _mutant("query_timeout_is_failure", "A query that times out ends the task as failed.",
            (QUERY, _QUERY_FAILED, _failed_query_ends("timeout"))),
    _mutant("not_found_is_failure", "A 404 after acceptance ends the task as failed.",
            (QUERY, _QUERY_FAILED, _failed_query_ends("task_not_found"))),
    _mutant("delivered_before_answer", "A delivery is marked as delivered before the sink has answered.",
            (SINK_WORKER, "auto const outcome = co_await self->sink_->deliver(item, trace);",
             """auto const outcome = core::attempt_outcome{.failed = {}, .answer = "HTTP 200", .retry_after = {}};
        co_await self->records_.attempted(item, trace, outcome, core::delivered{}, duration::zero());
        static_cast<void>(co_await self->sink_->deliver(item, trace));
        co_return;""")),
    _mutant("put_back_is_over", "A delivery for a destination without room counts as delivered.",
            (DELIVERY_OPERATIONS, "item.tried_for = later.tried_for;\n        --item.attempts;",
             "item.state = delivery_state::delivered;\n        --item.attempts;")),
    _mutant("probe_is_forgotten", "An attempt that throws leaves the sink's breaker half-open for good.",
            (SINK_WORKER, "if (!told_) owner_.found(", "if (told_) owner_.found(")),
    _mutant("kept_for_ever", "What waits for a sink that stays down is never given up.",
            (SINK_WORKER, "    if (!since || breaker_.state(now) != core::breaker_state::open) co_return turn::done;",
             "    if (since || !since) co_return turn::done;")),
    _mutant("pause_counts_as_tried", "The time for which a sink was paused is held against what waits for it.",
            (SINK_WORKER, "    return std::max(*ill, resumed_at_);", "    return *ill;")),
    _mutant("waits_before_it_is_due", "A delivery is held to have waited since its sink fell ill, due or not.",
            (DELIVERY_OPERATIONS, "terms.now - std::max(due, *terms.kept_since));",
             "due <= terms.now ? terms.now - *terms.kept_since : duration::zero());")),
    _mutant("replay_begins_again", "A replay forgets how far it has come, and takes what was parked again meanwhile.",
            (OPERATOR_OPERATIONS,
             "    if (!next.empty()) item.reached = {next.back().item.created_at, next.back().item.id};\n", "")),
    _mutant("replay_takes_what_is_due", "A replay makes due what is due already.",
            (MEMORY_OPERATOR_ROWS, "return item.state == core::delivery_state::parked && item.sink == filter.sink &&",
             """return (item.state == core::delivery_state::parked || item.state == core::delivery_state::pending) &&
           item.sink == filter.sink &&""")),
    _mutant("replay_dies_with_its_replica", "A replay goes on only where it was started.",
            (REPLAY, "    bell_.ring_now();\n}\n\nstd::uint64_t", "}\n\nstd::uint64_t"),
            (REPLAY, "bell_.ring(now + (round->running.empty() ? settings_.look_every : settings_.pace));",
             "if (!round->running.empty()) bell_.ring(now + settings_.pace);")),
    _mutant("replay_at_each_replicas_pace", "Every replica that works at a replay adds its own pace.",
            (OPERATOR_OPERATIONS, "store_now - item.updated_at >= terms.pace &&", "store_now >= item.started_at &&")),
    _mutant("replay_before_live_traffic", "A replay goes on however much waits for its sink.",
            (OPERATOR_OPERATIONS, "waiting_for(table, sink) < terms.max_waiting;", "waiting_for(table, sink) < ~0ULL;")),
    _mutant("cancel_is_not_kept", "A replay that was cancelled goes on.",
            (OPERATOR_OPERATIONS, "    row->finished_at = row->updated_at;\n    table.put(*row);\n",
             "    row->finished_at = row->updated_at;\n")),
    _mutant("budget_is_ignored", "Retries go out as often as deliveries fail.",
            (SINK_WORKER, "return core::decide(terms_.policy, item, outcome, now, unit, put_off);", "return decision;")),
    _mutant("unrouted_vanishes", "A result that no sink takes leaves no trace.",
            (CHANGES, "if (step.ends && std::ranges::none_of(deliveries, is_for_somebody)) note_unrouted(table, after.item, now);", "")),
    _mutant("parked_without_cause", "A delivery is parked and nobody is told why.",
            (DELIVERY_OPERATIONS, "item.cause = parked.cause;", "item.cause.reset();")),
    _mutant("body_per_attempt", "The body of a delivery is rendered again for each attempt.",
            (DELIVERY_OPERATIONS, "        taken.items.push_back(std::move(leased.item));",
             """        leased.item.body += std::string(leased.item.attempts, ' ');
        taken.items.push_back(std::move(leased.item));""")),
    _mutant("counters_outside_transaction", "Counters are not undone with the transaction that changed them.",
            (MEMORY_ROWS, "    undo_.emplace_back([this, key, change] { counters_[key] -= change; });\n", ""),
            (CHANGES, "auto deliveries = step.ends ? render(step.next) : std::vector<core::new_delivery>{};\n    ", ""),
            (CHANGES, "update_task(table, before, after);\n    for (auto const& entry : step.timeline)",
             """update_task(table, before, after);
    auto deliveries = step.ends ? render(after.item) : std::vector<core::new_delivery>{};
    for (auto const& entry : step.timeline)""")),
    _mutant("bytes_changed", "Other bytes than those of the accepted callback are stored.",
            (CALLBACK, """    next.note(timeline_kind::callback, describe(event));
    next.item.provider_body = event.body;
    next.item.progress""", """    next.note(timeline_kind::callback, describe(event));
    next.item.provider_body = event.body + "\\n";
    next.item.progress""")),
    _mutant("delivered_without_result", "A delivery goes out without what it is to tell.",
            (OUTBOX, "    return item;\n}\n\ncore::new_delivery render_for_caller",
             "    item.body = \"{}\";\n    return item;\n}\n\ncore::new_delivery render_for_caller")),
    _mutant("key_forgotten", "A repeated request with the same caller's key makes another task.",
            (TASK_OPERATIONS, "    if (item.idempotency_key)\n        if (auto const earlier",
             "    if (item.idempotency_key && item.id == task_id{})\n        if (auto const earlier")),
    _postgres_mutant("lost_commit_counts_as_done", "A commit whose answer was lost counts as done, without a look.",
                     (COMMITTER, "switch (fate_of(*in_doubt, deadline::in(asking))) {", "switch (fate::committed) {")),
    _postgres_mutant("lost_commit_is_repeated", "A commit whose answer was lost is done again, without a look.",
                     (COMMITTER, "switch (fate_of(*in_doubt, deadline::in(asking))) {", "switch (fate::undone) {")),
    _postgres_mutant("tasks_read_unlocked", "What an operation decides on may be changed by another replica meanwhile.",
                     (POSTGRES_ROWS, "        ORDER BY id FOR UPDATE)\");", "        ORDER BY id)\");")),
    _postgres_mutant("claims_unlocked", "Two replicas may claim the same deliveries at once.",
                     (POSTGRES_DELIVERIES, "LIMIT $3 FOR UPDATE SKIP LOCKED", "LIMIT $3")),
    _postgres_mutant("stale_inside_a_group", "An operation does not see what the one before it in its group collected.",
                     (POSTGRES_TASKS, "    remember(after);\n", "")),
    _postgres_mutant("counters_overwritten", "A counter forgets what it had.",
                     (PENDING_WRITES, "value = counter.value + excluded.value", "value = excluded.value")),
    _postgres_mutant("results_not_sent", "A task's row changes, but the provider's bytes stay as they were.",
                     (PENDING_WRITES, "provider_body = coalesce(n.changed_body, task.provider_body) ",
                      "provider_body = coalesce(task.provider_body, n.changed_body) ")),
    _postgres_mutant("leases_by_the_callers_clock", "A replica whose clock is wrong decides when leases end.",
                     (POSTGRES_ROWS, "    return from_unix_ms(database_now_ / 1000) - now;",
                      "    return duration::zero();")),
)
