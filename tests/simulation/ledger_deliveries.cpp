// What became of deliveries, at the store and at the sinks.
#include "ledger.hpp"

namespace voicehook::simulation {

using core::delivery_state;

namespace {

/// When it is due again, of a delivery that still waits.
std::optional<instant> next_attempt(core::delivery_decision const& decision) {
    if (auto const* const again = std::get_if<core::retry_at>(&decision)) return again->due;
    if (auto const* const later = std::get_if<core::defer>(&decision)) return later->due;
    return std::nullopt;
}

}  // namespace

delivery_account* ledger::delivery_of(delivery_id const& id, std::string_view doing) {
    auto const found = deliveries_.find(id);
    if (found != deliveries_.end()) return &found->second;
    violated("one id per delivery", task_id{}, fmt::format("{} is no delivery's id: {}", id.value(), doing));
    return nullptr;
}

void ledger::deliveries_claimed(ports::claimed<core::delivery> const& claimed, ports::claim_terms const& terms,
                                duration ahead) {
    for (auto const& item : claimed.items) {
        auto* const known = delivery_of(item.id, "claimed");
        if (known == nullptr) return;
        if (item.due_at != terms.lease_until || item.state != delivery_state::delivering)
            violated("work is done under a lease", item.task, "a delivery was claimed without one");
        if (known->state != delivery_state::pending && known->state != delivery_state::delivering)
            violated("what is over is not delivered again", item.task, fmt::format("it is {}", to_text(known->state)));
        if (known->leased && known->lease_until > terms.now + ahead)
            violated("one attempt at a time", item.task, fmt::format("{} is under a live lease", item.id.value()));
        if (item.lease_token != known->token + 1)
            violated("each claim has a token of its own", item.task, fmt::format("{}", item.lease_token));
        if (known->leased) ++known->excuses;
        known->state = delivery_state::delivering;
        known->token = item.lease_token;
        known->leased = true;
        known->leased_by = terms.owner;
        known->lease_until = terms.lease_until + ahead;
        known->counted_twice += std::max(duration::zero(), ahead);
        lines_.about(item.task, time_.now(), "committed: {} claimed by {}, token {}", item.sink.value(),
                     terms.owner.value(), item.lease_token);
    }
}

void ledger::attempt_recorded(ports::attempt_record const& attempt) {
    auto* const known = delivery_of(attempt.id, "recorded");
    if (known == nullptr) return;
    if (!known->leased || known->token != attempt.token)
        violated("an outcome under a lost lease changes nothing", known->task,
                 fmt::format("attempt {} of {} was recorded", attempt.token, attempt.id.value()));
    known->leased = false;
    if (attempt.outcome.then == core::attempt_outcome::hint::pause_sink) sink_paused(known->sink);
    if (auto const again = next_attempt(attempt.decision)) {
        known->state = delivery_state::pending;
        known->waits.push_back({attempt.now, *again});
        return;
    }
    --waiting_;
    auto const delivered = std::holds_alternative<core::delivered>(attempt.decision);
    known->state = delivered ? delivery_state::delivered : delivery_state::parked;
    known->cause = attempt.outcome.failed;
    if (!delivered && attempt.outcome.then == core::attempt_outcome::hint::none) judge_giving_up(*known, attempt.id);
    if (delivered && known->copies == 0)
        violated("delivered means that the sink has it", known->task, attempt.id.value());
    if (!delivered && !attempt.outcome.failed)
        violated("nothing is parked without a cause", known->task, attempt.id.value());
}

void ledger::attempt_not_recorded(delivery_id const& id) { copy_excused(id); }

void ledger::copy_excused(delivery_id const& id) {
    if (auto* const known = delivery_of(id, "excused")) ++known->excuses;
}

void ledger::delivery_retried(delivery_id const& id, instant now) {
    auto* const known = delivery_of(id, "retried");
    if (known == nullptr) return;
    make_due(*known, now);
}

void ledger::make_due(delivery_account& known, instant now) {
    known.state = delivery_state::pending;
    known.tried_since = now;
    known.waits.clear();
    known.counted_twice = duration::zero();
    ++known.excuses;
    ++waiting_;
}

void ledger::delivery_discarded(delivery_id const& id) {
    if (auto* const known = delivery_of(id, "discarded")) known->state = delivery_state::discarded;
}

void ledger::delivery_released(delivery_id const& id) {
    auto* const known = delivery_of(id, "released");
    if (known == nullptr) return;
    known->state = delivery_state::pending;
    known->leased = false;
    ++known->excuses;
}

void ledger::delivery_parked(delivery_id const& id) {
    auto* const known = delivery_of(id, "parked");
    if (known == nullptr) return;
    known->state = delivery_state::parked;
    known->cause = core::delivery_cause::sink_removed;
    known->leased = false;
    --waiting_;
}

void ledger::copy_taken(core::delivery const& item) {
    auto* const known = delivery_of(item.id, "taken by a sink");
    if (known == nullptr) return;
    auto const bytes = std::hash<std::string>{}(item.body);
    lines_.about(item.task, time_.now(), "{} took copy {}", item.sink.value(), known->copies + 1);
    if (flows::delivery_id_for(item.task, item.sink) != item.id)
        violated("one id per delivery", item.task, item.id.value());
    auto const* const task = account_of(item.task, "delivered");
    if (task != nullptr && task->id_at_end && item.body.find(task->id_at_end->value()) == std::string::npos)
        violated("a delivery tells of its own task", item.task, item.id.value());
    if (known->copies > 0) {
        if (known->body != bytes) violated("one body per delivery", item.task, "a copy has other bytes");
        if (known->excuses == 0)
            violated("a second copy has a reason", item.task, fmt::format("{} took another", item.sink.value()));
        else
            --known->excuses;
    }
    known->body = bytes;
    ++known->copies;
}

void ledger::owner_died(lease_owner const& owner) {
    for (auto& [id, known] : deliveries_)
        if (known.leased && known.leased_by == owner) ++known.excuses;
}

void ledger::compare(ports::task_history const& stored) {
    auto const& item = stored.item;
    auto* const known = account_of(item.id, "compared");
    if (known == nullptr) return;
    if (core::stage_of(item.state) != known->stage)
        violated(
            "the store keeps what it committed", item.id,
            fmt::format("it has {}, committed was {}", to_text(core::stage_of(item.state)), to_text(known->stage)));
    look_at(*known, item);
    if (stored.deliveries.size() != known->deliveries.size())
        violated("an ended task is delivered to each of its sinks", item.id,
                 fmt::format("{} deliveries, due are {}", stored.deliveries.size(), known->deliveries.size()));
    for (auto const& delivery : stored.deliveries) compare_delivery(delivery);
}

void ledger::compare_delivery(core::delivery const& stored) {
    auto* const known = delivery_of(stored.id, "compared");
    if (known == nullptr) return;
    if (stored.state != known->state)
        violated("the store keeps what it committed", stored.task,
                 fmt::format("a delivery is {}, committed was {}", to_text(stored.state), to_text(known->state)));
    if (stored.state == delivery_state::parked && !stored.cause)
        violated("nothing is parked without a cause", stored.task, stored.id.value());
    if (known->copies > 0 && known->body != std::hash<std::string>{}(stored.body))
        violated("one body per delivery", stored.task, "the stored body is not what the sink took");
}

}  // namespace voicehook::simulation
