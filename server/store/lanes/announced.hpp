// The operations that know beforehand which rows they read, each with its arguments.
#pragma once

#include "store/operations.hpp"
#include "store/row_needs.hpp"

#include <cstdint>
#include <utility>
#include <variant>

namespace voicehook::store::lanes::announced {

struct acceptance {
    core::task item;
    ports::acceptance_limits limits;
    instant now;

    auto operator()(rows& table) const { return operations::accept_task(table, item, limits, now); }
    void announce(row_needs& into) const {
        into.tasks.push_back(item.id);
        if (item.idempotency_key) into.keyed.emplace_back(item.caller, *item.idempotency_key);
        into.quotas.push_back(item.caller);
    }
};

/// An event may bind the provider's id to its task: whether another task has it must be known.
inline void announce_binding(row_needs& into, core::task_event const& event) {
    if (auto const* const told = std::get_if<core::submission_accepted>(&event)) into.bound.push_back(told->ref);
    if (auto const* const told = std::get_if<core::callback_received>(&event)) into.bound.push_back(told->report.id);
    if (auto const* const told = std::get_if<core::operator_bound>(&event)) into.bound.push_back(told->ref);
}

struct outcome {
    task_id id;
    std::uint32_t token;
    core::task_event what;
    ports::render_function render;
    instant now;

    auto operator()(rows& table) const { return operations::record_outcome(table, id, token, what, render, now); }
    void announce(row_needs& into) const {
        into.tasks.push_back(id);
        announce_binding(into, what);
    }
};

struct callback {
    task_id id;
    core::callback_received notice;
    ports::render_function render;
    instant now;

    auto operator()(rows& table) const { return operations::record_callback(table, id, notice, render, now); }
    void announce(row_needs& into) const {
        into.tasks.push_back(id);
        into.bound.push_back(notice.report.id);
    }
};

struct event {
    task_id id;
    core::task_event what;
    ports::render_function render;
    instant now;

    auto operator()(rows& table) const { return operations::record_event(table, id, what, render, now); }
    void announce(row_needs& into) const {
        into.tasks.push_back(id);
        announce_binding(into, what);
    }
};

struct attempt {
    ports::attempt_record record;

    auto operator()(rows& table) const { return operations::record_attempt(table, record); }
    void announce(row_needs& into) const { into.deliveries.push_back(record.id); }
};

}  // namespace voicehook::store::lanes::announced
