// Stores that break a promise, to see whether the simulation notices: each passes everything on but one operation.
#pragma once

#include "passing_store.hpp"

#include <memory>
#include <utility>

namespace voicehook::simulation {

/// Says that it stored tasks, and forgets them.
class forgetful_store final : public passing_store {
public:
    using passing_store::passing_store;
    awaitable<result<ports::acceptance>> accept_task(core::task item, ports::acceptance_limits, instant) override {
        co_return ports::acceptance{ports::acceptance_outcome::stored, std::move(item)};
    }
};

/// Says what a callback did to a task, and leaves the task as it was.
class answering_store final : public passing_store {
public:
    using passing_store::passing_store;
    awaitable<result<ports::transition>> record_callback(task_id id, core::callback_received notice,
                                                         ports::render_function, instant now) override {
        auto const found = co_await below_->find_task(id.value());
        if (!found) co_return unexpected{found.error()};
        auto step = core::advance(*found, notice, now);
        auto const before = core::stage_of(found->state);
        co_return ports::transition{step.what, std::move(step.next), before, step.ends};
    }
};

/// Claims deliveries without a lease.
class unleased_store final : public passing_store {
public:
    using passing_store::passing_store;
    awaitable<result<ports::claimed<core::delivery>>> claim_deliveries(sink_name sink,
                                                                       ports::claim_terms terms) override {
        terms.lease_until = terms.now;
        return below_->claim_deliveries(std::move(sink), std::move(terms));
    }
};

/// Keeps what waits for a sink from ever being due.
class stuck_store final : public passing_store {
public:
    using passing_store::passing_store;
    awaitable<result<ports::claimed<core::delivery>>> claim_deliveries(sink_name, ports::claim_terms) override {
        co_return ports::claimed<core::delivery>{};
    }
};

}  // namespace voicehook::simulation
