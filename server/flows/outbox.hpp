// Which sinks an ended task goes to, and its body for each: rendered once, in the transaction that ends it.
#pragma once

#include "core/delivery.hpp"
#include "core/task.hpp"
#include "ports/store_types.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace voicehook::flows {

enum class delivery_format : std::uint8_t {
    envelope = 1,
    verbatim,
    cloudevents,
    cloudevents_binary,
    preview_link,  ///< the result's preview URL is the destination; a result without one has no delivery
};

/// One sink's part of the routing.
struct sink_route {
    sink_name name;
    std::vector<core::terminal> statuses;
    delivery_format format{delivery_format::envelope};
    std::vector<std::string> callers{};  ///< empty: of all
    std::vector<std::string> models{};   ///< empty: all
};

/// The `webhook-id` of a task's delivery to a sink: always the same, without keeping it anywhere else:
/// "msg_" and 128 bits of SHA-256 over both names.
[[nodiscard]] delivery_id delivery_id_for(task_id const& task, sink_name const& sink);

/// The deliveries of an ended task: one per matching route, one more for the caller's own `callback_url`. Pure.
[[nodiscard]] std::vector<core::new_delivery> render_deliveries(std::vector<sink_route> const& routes,
                                                                core::task const& ended);

/// The current routing; a reload replaces it for tasks that end from then on.
class outbox {
public:
    explicit outbox(std::vector<sink_route> routes);
    void replace(std::vector<sink_route> routes);

    /// For the store: owns the routing as it is now, safe on another thread.
    [[nodiscard]] ports::render_function renderer() const;
    /// The sinks that an ended task goes to: whose workers to wake.
    [[nodiscard]] std::vector<sink_name> sinks_of(core::task const& ended) const;

private:
    std::shared_ptr<std::vector<sink_route> const> routes_;
};

}  // namespace voicehook::flows
