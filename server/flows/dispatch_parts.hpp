// What the workers of all sinks share.
#pragma once

#include "async/nursery.hpp"
#include "flows/activity.hpp"
#include "flows/announcer.hpp"
#include "flows/dispatch.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

namespace voicehook::flows {

/// Outlives the workers.
struct dispatch_parts {
    ports::store& store;
    ports::clock& clock;
    bells& workers;
    telemetry::metrics& metrics;
    activity& lately;
    lease_owner owner;
    dispatch_settings settings;
    async::nursery& loops;
    async::nursery& running;
};

}  // namespace voicehook::flows
