#include "flows/announcer.hpp"

#include "base/log.hpp"
#include "core/tracing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::flows {
namespace {

/// What keeps a copy of the audio takes no result: the store counts in the same way.
bool keeps_copies(sink_name const& name) { return name.value() == core::artifact_sink; }

}  // namespace

void bells::remove_sink(sink_name const& name, due_bell const& bell) {
    auto const entry = sinks_.find(name);
    if (entry != sinks_.end() && entry->second == &bell) sinks_.erase(entry);
}

void bells::ring_sink(sink_name const& name, instant due) {
    auto const entry = sinks_.find(name);
    if (entry != sinks_.end()) entry->second->ring(due);
}

std::vector<sink_name> bells::sinks() const {
    std::vector<sink_name> names;
    for (auto const& [name, bell] : sinks_) names.push_back(name);
    return names;
}

void bells::ring_every_sink(instant due) {
    for (auto const& [name, bell] : sinks_) bell->ring(due);
}

void announcer::announce_acceptance(core::task const& item) {
    log_info("task_accepted", {{"task", item.id},
                               {"trace_id", core::trace_id_of(item)},
                               {"caller", item.caller},
                               {"request_id", item.request_id},
                               {"stage", to_text(core::stage_of(item.state))}});
    note(happening::accepted, item, item.created_at, item.model);
}

void announcer::announce(ports::transition const& change, instant now) {
    auto const due = core::due_at(change.item.state);
    auto const kind = core::due_kind_of(change.item.state);
    if (due && kind) (*kind == core::due_kind::query ? bells_.queries : bells_.submissions).ring(*due);

    if (change.ends) announce_end(change.item, now);
    if (change.what == core::verdict::conflict || change.item.quarrel == core::dispute::disputed)
        announce_dispute(change.item, now);
    auto const became_unknown =
        change.before != core::stage::unknown && std::holds_alternative<core::unknown>(change.item.state);
    if (became_unknown) note(happening::unknown, change.item, now, change.item.last_problem);
    watch_.changed(change.item);
}

void announcer::announce_end(core::task const& item, instant now) {
    auto const source = item.source ? to_text(*item.source) : std::string_view{"ours"};
    metrics_.add(telemetry::counter::results, {source});
    log_info("task_ended", {{"task", item.id},
                            {"trace_id", core::trace_id_of(item)},
                            {"caller", item.caller},
                            {"status", to_text(core::shown_status(item))},
                            {"source", source},
                            {"problem", item.refused ? item.refused->code : std::string{}},
                            {"took_ms", now - item.created_at}});
    note(happening::ended, item, now, fmt::format("{} by {}", to_text(core::shown_status(item)), source));
    auto const sinks = outbox_.sinks_of(item);
    if (std::ranges::all_of(sinks, keeps_copies)) announce_unrouted(item, now);
    for (auto const& name : sinks) bells_.ring_sink(name, now);
}

void announcer::announce_unrouted(core::task const& item, instant now) {
    auto const status = to_text(core::shown_status(item));
    metrics_.add(telemetry::counter::results_unrouted);
    log_info("result_unrouted",
             {{"task", item.id}, {"trace_id", core::trace_id_of(item)}, {"caller", item.caller}, {"status", status}});
    note(happening::unrouted, item, now, fmt::format("no sink takes {}", status));
}

void announcer::announce_dispute(core::task const& item, instant now) {
    auto const dispute = to_text(item.quarrel);
    log_warning("task_contradicted", {{"task", item.id},
                                      {"trace_id", core::trace_id_of(item)},
                                      {"dispute", dispute},
                                      {"status", to_text(core::shown_status(item))}});
    note(happening::contradicted, item, now, std::string{dispute});
}

void announcer::note(happening kind, core::task const& item, instant now, std::string detail) {
    activity_.note(
        {.at = now, .kind = kind, .task = item.id, .caller = item.caller, .sink = {}, .detail = std::move(detail)});
}

}  // namespace voicehook::flows
