#include "flows/company.hpp"

#include "base/log.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace voicehook::flows {
namespace {

/// Spread by ±20 %, so that replicas that were started together do not beat together.
duration jittered(duration wait, double unit) {
    return duration{std::llround(static_cast<double>(wait.count()) * (0.8 + 0.4 * unit))};
}

}  // namespace

company::company(asio::any_io_executor executor, ports::store& store, ports::clock& clock, bells& workers,
                 telemetry::metrics& metrics, std::function<void(std::size_t replicas)> share,
                 company_settings settings)
    : store_{store},
      clock_{clock},
      bells_{workers},
      metrics_{metrics},
      share_{std::move(share)},
      settings_{std::move(settings)},
      bell_{clock},
      first_beat_{clock.make_alarm()},
      loops_{executor, count_failures(metrics)} {}

void company::start() {
    loops_.spawn("company", work_when_due("company", bell_, clock_, metrics_, [this] { return beat(); }));
    bell_.ring_now();
}

awaitable<void> company::joined(duration patience) {
    auto const until = clock_.now() + patience;
    while (!answered_ && clock_.now() < until) {
        co_await first_beat_->wait_until(until);
        auto const stopping = co_await is_stopping();
        if (stopping) co_return;
    }
}

awaitable<turn> company::beat() {
    bell_.clear();
    auto const found = co_await store_.beat(settings_.self, bells_.sinks(),
                                            {.now = clock_.now(),
                                             .lost_replay_after = settings_.lost_replay_after,
                                             .refresh_after = settings_.refresh_after,
                                             .dead_after = settings_.dead_after});
    if (found) {
        failing_ = false;
        look_around(*found);
        ring(*found);
    } else {
        note_failure(found.error());
    }
    answered_ = true;
    first_beat_->ring();
    bell_.ring(clock_.now() + jittered(settings_.every, random_unit()));
    co_return turn::done;
}

void company::ring(ports::company const& found) {
    if (found.next_submission) bells_.submissions.ring(*found.next_submission);
    if (found.next_query) bells_.queries.ring(*found.next_query);
    for (auto const& [sink, due] : found.next_deliveries) bells_.ring_sink(sink, due);
}

void company::look_around(ports::company const& found) {
    tell_of_loss(found);
    auto present = std::map<lease_owner, ports::replica>{};
    for (auto const& each : found.replicas) {
        present.emplace(each.note.owner, each);
        auto const before = known_.find(each.note.owner);
        auto const is_new = before == known_.end();
        if (each.note.owner != settings_.self.owner) {
            if (is_new) log_info("replica_joined", {{"replica", each.note.name}, {"version", each.note.version}});
        } else if (!is_new && before->second.present_since != each.present_since) {
            log_warning("replica_was_away", {{"last_seen", to_rfc3339(before->second.seen_at)}});
        }
    }
    auto const same_number = present.size() == known_.size();
    known_ = std::move(present);
    metrics_.set(telemetry::gauge::replicas, {}, static_cast<double>(known_.size()));
    if (!same_number) share_(known_.size());
}

void company::tell_of_loss(ports::company const& found) {
    if (found.leases_taken > 0) {
        log_warning("leases_taken_over", {{"count", found.leases_taken}});
        metrics_.add(telemetry::counter::leases_taken_over, {}, static_cast<double>(found.leases_taken));
    }
    for (auto const& gone : found.lost) log_warning("replica_lost", {{"replica", gone.name}});
    for (auto const& [owner, before] : known_) {
        auto const is_this = [&owner](ports::replica_note const& note) { return note.owner == owner; };
        auto const is_there = std::ranges::any_of(found.replicas, is_this, &ports::replica::note);
        if (!is_there && !std::ranges::any_of(found.lost, is_this))
            log_info("replica_left", {{"replica", before.note.name}});
    }
}

/// Once per outage; the workers tell of what they cannot do.
void company::note_failure(failure const& why) {
    if (!std::exchange(failing_, true)) log_failure("beat_failed", "replica", why);
}

}  // namespace voicehook::flows
