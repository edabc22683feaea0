// /ops/v1/…: what operators see, and the actions without which a stage would have no way out.
#pragma once

#include "api/operations_view.hpp"
#include "core/poll_plan.hpp"
#include "flows/announcer.hpp"
#include "http/router.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"

#include <string>
#include <vector>

namespace voicehook::api {

/// One thread; the referenced parts must outlive it. Every action is logged, kept in the store, and stands on the
/// task's timeline, each time with the operator's name.
class operations {
public:
    operations(ports::store& store, ports::clock& clock, flows::announcer& announce, flows::outbox const& routing,
               flows::bells& workers, flows::activity& lately, core::poll_policy polling, std::string provider_url)
        : store_{store},
          clock_{clock},
          announcer_{announce},
          outbox_{routing},
          bells_{workers},
          activity_{lately},
          polling_{polling},
          provider_url_{std::move(provider_url)} {}

    [[nodiscard]] std::vector<http::route> routes();

private:
    [[nodiscard]] api::overdue_check overdue_check() const;
    [[nodiscard]] awaitable<http::response> list(http::request item);
    [[nodiscard]] awaitable<http::response> task(http::request item);
    [[nodiscard]] awaitable<http::response> list_deliveries(http::request item);
    [[nodiscard]] awaitable<http::response> resolve(http::request item);
    [[nodiscard]] awaitable<http::response> retry(http::request item);
    [[nodiscard]] awaitable<http::response> discard(http::request item);
    [[nodiscard]] awaitable<http::response> pause(http::request item);
    [[nodiscard]] awaitable<http::response> resume(http::request item);
    [[nodiscard]] awaitable<http::response> list_actions(http::request item);
    [[nodiscard]] awaitable<result<ports::task_page>> look_up(ports::task_lookup what, ports::task_filter filter);
    [[nodiscard]] awaitable<http::response> set_paused(sink_name sink, ports::sink_pause pause);

    ports::store& store_;
    ports::clock& clock_;
    flows::announcer& announcer_;
    flows::outbox const& outbox_;
    flows::bells& bells_;
    flows::activity& activity_;
    core::poll_policy polling_;
    std::string provider_url_;
};

}  // namespace voicehook::api
