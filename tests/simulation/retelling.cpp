#include "retelling.hpp"

#include "watched_store.hpp"

#include <algorithm>
#include <set>

namespace voicehook::simulation {
namespace {

bool is_waiting(core::delivery_state state) {
    return state == core::delivery_state::pending || state == core::delivery_state::delivering;
}

}  // namespace

held_leases leases_of(ledger const& book, lease_owner const& owner) {
    auto held = held_leases{};
    for (auto const& [id, known] : book.tasks())
        if (known.leased && known.leased_by == owner && !known.retired) held.tasks.push_back(id);
    for (auto const& [id, known] : book.deliveries())
        if (known.leased && known.leased_by == owner) held.deliveries.push_back(id);
    return held;
}

awaitable<void> tell_of_release(ports::store& shared, ledger& book, held_leases held, instant now) {
    for (auto const& id : held.deliveries) book.delivery_released(id);
    for (auto const& id : held.tasks) {
        auto const found = co_await shared.find_task(id.value());
        if (!found) continue;
        if (core::stage_of(found->state) == core::stage::submitting)
            book.violated("leases that are given back are gone", id, "it is still being submitted");
        book.reread(*found, now);
    }
}

awaitable<void> tell_of_lost(ports::store& shared, ledger& book, instant ended, instant now) {
    auto perhaps = std::vector<task_id>{};
    for (auto const& [id, known] : book.tasks())
        if (known.stage == core::stage::submitting && known.lease_until <= ended) perhaps.push_back(id);
    for (auto const& id : perhaps) {
        auto const found = co_await shared.find_task(id.value());
        if (found && core::stage_of(found->state) != core::stage::submitting) book.reread(*found, now);
    }
}

awaitable<void> tell_of_retired(ports::store& shared, ledger& book) {
    auto ended = std::vector<task_id>{};
    for (auto const& [id, known] : book.tasks())
        if (known.end && !known.retired) ended.push_back(id);
    for (auto const& id : ended) {
        auto const found = co_await shared.find_task(id.value());
        if (!found) book.retired(id);
    }
}

awaitable<void> tell_of_removed_sinks(ports::store& shared, ledger& book, std::vector<sink_name> const& known) {
    auto tasks = std::set<task_id>{};
    for (auto const& [id, item] : book.deliveries())
        if (is_waiting(item.state) && std::ranges::find(known, item.sink) == known.end()) tasks.insert(item.task);
    for (auto const& id : tasks) {
        auto const stored = co_await shared.read_history(id);
        if (!stored) continue;
        for (auto const& item : stored->deliveries)
            if (item.state == core::delivery_state::parked && is_waiting(book.deliveries().at(item.id).state))
                book.delivery_parked(item.id);
    }
}

awaitable<result<void>> release_and_tell(ports::store& shared, ledger& book, lease_owner owner,
                                         std::optional<duration> lost_replay_after, instant now) {
    auto const held = leases_of(book, owner);
    auto done = co_await shared.release_leases(owner, lost_replay_after, now);
    if (done) co_await tell_of_release(shared, book, held, now);
    co_return done;
}

}  // namespace voicehook::simulation
