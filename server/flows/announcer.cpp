#include "flows/announcer.hpp"

#include "base/log.hpp"

namespace voicehook::flows {
namespace {

void log_dispute(core::task const& item) {
    log_warning("task_contradicted",
                {{"task", item.id}, {"dispute", to_text(item.quarrel)}, {"status", to_text(core::shown_status(item))}});
}

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

void announcer::announce(ports::transition const& change, instant now) {
    auto const due = core::due_at(change.item.state);
    auto const kind = core::due_kind_of(change.item.state);
    if (due && kind) (*kind == core::due_kind::query ? bells_.queries : bells_.submissions).ring(*due);

    if (change.ends) announce_end(change.item, now);
    if (change.what == core::verdict::conflict || change.item.quarrel == core::dispute::disputed)
        log_dispute(change.item);
    watch_.changed(change.item);
}

void announcer::announce_end(core::task const& item, instant now) {
    auto const source = item.source ? to_text(*item.source) : std::string_view{"ours"};
    metrics_.add(telemetry::counter::results, {source});
    log_info("task_ended", {{"task", item.id},
                            {"caller", item.caller},
                            {"status", to_text(core::shown_status(item))},
                            {"source", source},
                            {"problem", item.refused ? item.refused->code : std::string{}},
                            {"took_ms", now - item.created_at}});
    for (auto const& name : outbox_.sinks_of(item)) bells_.ring_sink(name, now);
}

}  // namespace voicehook::flows
