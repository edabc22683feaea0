#include "ledger.hpp"

#include "store/counting.hpp"

namespace voicehook::simulation {
namespace {

std::size_t hash_of(std::string const& bytes) { return std::hash<std::string>{}(bytes); }

std::size_t result_of(core::task const& item) {
    return hash_of(item.provider_body) ^ (item.refused ? hash_of(item.refused->error_json) : 0);
}

}  // namespace

void ledger::violated(std::string_view invariant, task_id const& task, std::string detail) {
    lines_.about(task, time_.now(), "VIOLATED {}: {}", invariant, detail);
    if (!broken_) broken_ = violation{std::string{invariant}, task, std::move(detail)};
}

task_account const* ledger::find(task_id const& id) const {
    auto const found = tasks_.find(id);
    return found == tasks_.end() ? nullptr : &found->second;
}

task_account* ledger::account_of(task_id const& id, std::string_view doing) {
    auto const found = tasks_.find(id);
    if (found != tasks_.end()) return &found->second;
    violated("nothing happens to a task that was never stored", id, std::string{doing});
    return nullptr;
}

// ---- tasks ----

void ledger::accepted(ports::acceptance const& answer, core::task const& offered, lease_owner const& owner, instant now,
                      duration ahead) {
    using enum ports::acceptance_outcome;
    auto const& item = answer.item;
    auto const key =
        offered.idempotency_key ? std::optional{std::pair{offered.caller, *offered.idempotency_key}} : std::nullopt;
    auto const earlier = key ? keys_.find(*key) : keys_.end();
    if (answer.what == stored) {
        if (earlier != keys_.end())
            violated("one task per caller's key", item.id,
                     fmt::format("{} has the key {} already", earlier->second.value(), *offered.idempotency_key));
        auto const [place, is_new] = tasks_.try_emplace(item.id);
        if (!is_new) return;
        auto& known = place->second;
        known.id = item.id;
        known.caller = item.caller;
        known.key = item.idempotency_key;
        known.callback_url = item.callback_url;
        known.stage = core::stage_of(item.state);
        known.token = item.lease_token;
        if (key) keys_[*key] = item.id;
        ++open_;
        if (auto const* state = std::get_if<core::submitting>(&item.state)) {
            known.leased = true;
            known.leased_by = owner;
            known.lease_until = state->lease_until + ahead;
            if (state->lease_until <= now) violated("work is done under a lease", item.id, "accepted without one");
        }
        return;
    }
    if (answer.what == over_quota) return;
    if (earlier == keys_.end() || earlier->second != item.id)
        violated("one task per caller's key", item.id, "answered with a task that has not that key");
}

void ledger::look_at(task_account& known, core::task const& item) {
    auto const stage = core::stage_of(item.state);
    if (known.end) {
        auto const* const over = std::get_if<core::ended>(&item.state);
        if (over == nullptr) {
            violated("nothing leaves ended", item.id, fmt::format("is {} again", to_text(stage)));
        } else if (over->what != known.end->what || over->at != known.end->at || item.source != known.source ||
                   result_of(item) != known.result) {
            violated("the first result stays", item.id,
                     fmt::format("was {}, is {}", to_text(known.end->what), to_text(over->what)));
        }
    } else if (stage == core::stage::ended) {
        violated("who ends a task renders its deliveries", item.id, "it is ended, and no step ended it");
    }
    if (item.lease_token < known.token) violated("tokens only grow", item.id, fmt::format("{}", item.lease_token));
    if (known.provider_id && item.provider_id != known.provider_id)
        violated("the first provider id stays", item.id, known.provider_id->value());
    if (known.key && !item.idempotency_key) keys_.erase({known.caller, *known.key});

    auto const disputed = [](core::dispute how) {
        return how == core::dispute::settling || how == core::dispute::disputed ? 1UZ : 0UZ;
    };
    disputes_ += disputed(item.quarrel) - disputed(known.quarrel);
    known.stage = stage;
    known.token = item.lease_token;
    known.provider_id = item.provider_id;
    known.quarrel = item.quarrel;
    known.key = item.idempotency_key;
}

void ledger::submissions_claimed(ports::claimed<core::task> const& claimed, ports::claim_terms const& terms,
                                 duration ahead) {
    for (auto const& item : claimed.items) {
        auto* const known = account_of(item.id, "claimed for submission");
        if (known == nullptr) return;
        auto const* const state = std::get_if<core::submitting>(&item.state);
        if (state == nullptr || state->lease_until != terms.lease_until)
            violated("work is done under a lease", item.id, "claimed for submission without one");
        if (known->stage != core::stage::queued && known->stage != core::stage::unknown)
            violated("one submission at a time", item.id, fmt::format("claimed in {}", to_text(known->stage)));
        if (known->replay_not_before && terms.now + ahead < *known->replay_not_before && known->sent_by_operator == 0)
            violated("an unknown outcome waits for a callback before it is replayed", item.id,
                     fmt::format("{} ms too early", (*known->replay_not_before - terms.now - ahead).count()));
        if (rules_.replay == core::replay_mode::never && known->replay_not_before && known->sent_by_operator == 0)
            violated("replay = never never replays", item.id, "claimed after an unknown outcome");
        if (item.lease_token != known->token + 1)
            violated("each claim has a token of its own", item.id, fmt::format("{}", item.lease_token));
        known->replay_not_before.reset();
        look_at(*known, item);
        known->leased = true;
        known->leased_by = terms.owner;
        known->lease_until = terms.lease_until + ahead;
    }
}

void ledger::queries_claimed(ports::claimed<core::task> const& claimed, ports::claim_terms const& terms,
                             duration ahead) {
    for (auto const& item : claimed.items) {
        auto* const known = account_of(item.id, "claimed for a query");
        if (known == nullptr) return;
        if (core::due_at(item.state) != terms.lease_until)
            violated("work is done under a lease", item.id, "claimed for a query without one");
        if (item.lease_token != known->token + 1)
            violated("each claim has a token of its own", item.id, fmt::format("{}", item.lease_token));
        look_at(*known, item);
        known->leased = true;
        known->leased_by = terms.owner;
        known->lease_until = terms.lease_until + ahead;
    }
}

void ledger::outcome_recorded(ports::transition const& change, std::uint32_t token, core::task_event const& outcome) {
    auto* const known = account_of(change.item.id, "an outcome was recorded");
    if (known == nullptr) return;
    if (token != known->token)
        violated("an outcome under a lost lease changes nothing", change.item.id,
                 fmt::format("token {} was recorded, {} is the latest", token, known->token));
    known->leased = false;
    known->replay_not_before.reset();  // a lost attempt may still tell that it came to nothing
    if (std::holds_alternative<core::submission_unknown>(outcome) &&
        core::stage_of(change.item.state) == core::stage::unknown && known->answered_at)
        known->replay_not_before = *known->answered_at + rules_.replay_after;
    changed(change);
}

void ledger::changed(ports::transition const& change) {
    auto* const known = account_of(change.item.id, "a change was recorded");
    if (known == nullptr) return;
    lines_.about(known->id, time_.now(), "committed: {} → {} ({}{}), token {}", to_text(change.before),
                 to_text(core::stage_of(change.item.state)), to_text(change.what), change.ends ? ", ends" : "",
                 change.item.lease_token);
    if (change.before != known->stage)
        violated("the store says where a task was", known->id,
                 fmt::format("says {}, it was {}", to_text(change.before), to_text(known->stage)));
    if (change.ends) keep_end(*known, change.item);
    look_at(*known, change.item);
}

void ledger::callback_recorded(ports::transition const& change, core::callback_received const& notice) {
    auto const found = tasks_.find(change.item.id);
    auto const what = core::terminal_of(notice.report);
    if (found != tasks_.end() && what && change.what == core::verdict::evidence) found->second.evidence.insert(*what);
    changed(change);
}

void ledger::operator_resubmitted(task_id const& id) {
    if (auto* const known = account_of(id, "resubmitted")) ++known->sent_by_operator;
}

void ledger::reread(core::task const& item, std::optional<instant> lost_at) {
    auto* const known = account_of(item.id, "read again");
    if (known == nullptr) return;
    known->leased = false;
    if (lost_at && core::stage_of(item.state) == core::stage::unknown && known->stage == core::stage::submitting)
        known->replay_not_before = *lost_at + rules_.replay_after;
    look_at(*known, item);
}

void ledger::keep_end(task_account& known, core::task const& item) {
    auto const* const over = std::get_if<core::ended>(&item.state);
    if (known.end) violated("a task ends once", item.id, fmt::format("again as {}", to_text(over->what)));
    if (over == nullptr) {
        violated("who ends a task leaves it ended", item.id, "it is not");
        return;
    }
    if (known.end) return;
    known.end = *over;
    known.source = item.source;
    known.result = result_of(item);
    known.id_at_end = item.provider_id;
    --open_;
    judge_end(known);
    expect_deliveries(known);
}

void ledger::judge_end(task_account const& known) {
    if (!known.source) {
        violated("an end has a source", known.id, "none");
        return;
    }
    switch (*known.source) {
        case core::result_source::callback:
        case core::result_source::query:
            if (!known.told.contains(known.end->what))
                violated("a result is the provider's word", known.id,
                         fmt::format("ended as {}, which the provider never said", to_text(known.end->what)));
            break;
        case core::result_source::refusal:
            if (known.refusals == 0) violated("a refusal is the provider's word", known.id, "it never refused");
            [[fallthrough]];
        case core::result_source::ours:
            if (known.creates > 0)
                violated("what the provider has is not ended as refused or expired", known.id,
                         fmt::format("it was created {} times", known.creates));
            break;
        case core::result_source::operator_action: break;
    }
}

void ledger::expect_deliveries(task_account& known) {
    auto ended = core::task{};
    ended.id = known.id;
    ended.callback_url = known.callback_url;
    ended.state = *known.end;
    auto const routing = flows::outbox{routes_};
    for (auto const& sink : routing.sinks_of(ended)) {
        auto const id = flows::delivery_id_for(known.id, sink);
        known.deliveries.push_back(id);
        auto& delivery = deliveries_[id];
        delivery.task = known.id;
        delivery.sink = sink;
        delivery.created_at = known.end->at;
        delivery.tried_since = known.end->at;
        ++waiting_;
    }
}

void ledger::retired(task_id const& id) {
    auto* const known = account_of(id, "retired");
    if (known == nullptr) return;
    if (!known->end) violated("only ended tasks are retired", id, std::string{to_text(known->stage)});
    if (known->quarrel == core::dispute::settling || known->quarrel == core::dispute::disputed)
        violated("disputed tasks are not retired", id, std::string{to_text(known->quarrel)});
    for (auto const& item : known->deliveries) {
        auto& delivery = deliveries_[item];
        if (delivery.state == core::delivery_state::pending || delivery.state == core::delivery_state::delivering)
            violated("no task is retired before its deliveries", id, item.value());
    }
    if (known->key) keys_.erase({known->caller, *known->key});
    known->retired = true;
}

}  // namespace voicehook::simulation
