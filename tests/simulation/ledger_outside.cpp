// What provider, callers and operators were seen to do.
#include "ledger.hpp"

namespace voicehook::simulation {

void ledger::submitted(task_id const& id, std::string const& body, std::string_view callback_url) {
    auto* const known = account_of(id, "submitted before it was stored");
    if (known == nullptr) return;
    auto const bytes = std::hash<std::string>{}(body);
    if (known->submissions > 0 && known->submitted != bytes)
        violated("the same bytes at every submission", id, "other bytes under the same key");
    if (!callback_url.contains(id.value()))
        violated("one provider key per task", id, "the callback URL is of another task");
    known->submitted = bytes;
    ++known->submissions;
}

void ledger::submission_answered(task_id const& id, instant local_now) {
    auto const found = tasks_.find(id);
    if (found != tasks_.end()) found->second.answered_at = local_now;
}

void ledger::created(task_id const& id) {
    auto* const known = account_of(id, "created");
    if (known == nullptr) return;
    ++known->creates;
    auto const never_replayed = rules_.replay == core::replay_mode::never && known->sent_by_operator == 0;
    if (known->creates > 1 && (rules_.keys == key_memory::honoured || never_replayed))
        violated("nothing is paid for twice", id, fmt::format("{} voices were created", known->creates));
    if (known->source == core::result_source::refusal || known->source == core::result_source::ours)
        violated("what the provider has is not ended as refused or expired", id, "created after that end");
}

void ledger::refused(task_id const& id) {
    if (auto* const known = account_of(id, "refused")) ++known->refusals;
}

void ledger::told(task_id const& id, core::terminal what) {
    if (auto* const known = account_of(id, "told of")) known->told.insert(what);
}

void ledger::callback_answered(task_id const& id, std::optional<core::task_report> const& report, std::size_t body,
                               flows::callback_result answer) {
    using flows::callback_result;
    auto* const known = account_of(id, "a callback was answered");
    if (known == nullptr) return;
    lines_.about(id, time_.now(), "callback {} answered: {}", report ? to_text(report->status) : "malformed",
                 to_text(answer));
    auto const what = report ? core::terminal_of(*report) : std::nullopt;
    auto const lost = [&](std::string_view why) {
        violated("no acknowledged result is missing", id, fmt::format("answered {}: {}", to_text(answer), why));
    };
    auto const ended_as_told = what && known->end && known->end->what == *what;
    switch (answer) {
        case callback_result::accepted:
            if (!ended_as_told) lost("it is not the stored result");
            if (known->result != body) lost("other bytes are stored");
            if (++known->accepted_callbacks > 1) lost("a second callback was accepted as the first");
            break;
        case callback_result::evidence:
            if (!what || (!known->evidence.contains(*what) && !known->end)) lost("there is no such evidence");
            break;
        case callback_result::duplicate:
            if (!ended_as_told && !(what && known->evidence.contains(*what))) lost("it is not the stored result");
            break;
        case callback_result::conflict:
            if (!what || !known->end || ended_as_told || known->quarrel == core::dispute::none)
                lost("there is no contradiction on record");
            break;
        case callback_result::ignored:
            if (what) lost("it was a result");
            break;
        case callback_result::mismatch:
            if (report && known->provider_id == report->id) lost("the body named this very task");
            break;
        case callback_result::retired:
            if (!known->retired) lost("the task is still there");
            break;
        case callback_result::orphan:
            if (!known->retired) lost("the store has this task");
            break;
        case callback_result::malformed:
            if (report) lost("the body is a task");
            break;
        case callback_result::unavailable: break;
    }
}

}  // namespace voicehook::simulation
