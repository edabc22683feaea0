// The verb "reconcile": ask the provider about tasks whose callback has not come, and about contradictions.
#pragma once

#include "async/nursery.hpp"
#include "base/deadline.hpp"
#include "core/poll_plan.hpp"
#include "flows/announcer.hpp"
#include "flows/slots.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/provider.hpp"
#include "ports/store.hpp"

#include <cstddef>

namespace voicehook::flows {

struct reconcile_settings {
    core::poll_policy polling;
    duration lease{30s};            ///< longer than the provider client's own limit for a query
    std::size_t max_in_flight{16};  ///< queries under way at once: a read makes the provider work
};

/// One thread; the referenced parts must outlive it.
class reconcile {
public:
    reconcile(asio::any_io_executor executor, ports::store& store, ports::provider& provider, ports::clock& clock,
              announcer& announce, outbox const& routing, bells& workers, telemetry::metrics& metrics,
              lease_owner owner, reconcile_settings settings);

    void start();
    /// This process is one of so many: its part of `max_in_flight` from now on.
    void share_among(std::size_t replicas) { slots_.limit(share_of(settings_.max_in_flight, replicas)); }
    /// Whether callbacks come through decides how soon a task is asked about again.
    void expect_callbacks(core::callback_path path) noexcept { settings_.polling.callbacks = path; }
    void stop_claiming();
    [[nodiscard]] awaitable<void> finish(deadline until);

private:
    [[nodiscard]] awaitable<turn> claim_once();
    [[nodiscard]] awaitable<void> run(core::task item, slots::slot place);
    [[nodiscard]] core::task_event outcome_of(core::task const& item, result<ports::provider_reply> reply,
                                              instant now) const;

    ports::store& store_;
    ports::provider& provider_;
    ports::clock& clock_;
    announcer& announcer_;
    outbox const& outbox_;
    due_bell& bell_;
    telemetry::metrics& metrics_;
    lease_owner owner_;
    reconcile_settings settings_;
    async::nursery loops_;
    async::nursery running_;
    slots slots_;
};

}  // namespace voicehook::flows
