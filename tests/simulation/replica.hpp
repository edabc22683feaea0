// One life of one replica: the real flows over the simulated ports.
#pragma once

#include "flows/company.hpp"
#include "flows/dispatch.hpp"
#include "flows/intake.hpp"
#include "flows/reconcile.hpp"
#include "flows/replay.hpp"
#include "flows/retain.hpp"
#include "flows/submit.hpp"
#include "life.hpp"
#include "ports/store.hpp"
#include "provider_model.hpp"
#include "telemetry/metrics.hpp"
#include "wire/callback_token.hpp"
#include "world.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace voicehook::simulation {

/// What every life of an episode is made of.
struct surroundings {
    world& around;
    std::function<std::unique_ptr<ports::store>(life& process)> open_store;
    provider_model& provider;
    telemetry::metrics& metrics;
    std::shared_ptr<wire::callback_tokens const> tokens;
    std::vector<flows::sink_route> routes;  ///< of lives that begin now
};

class replica {
public:
    /// Told what became of a request; nothing when the store did not take it.
    using accept_function = std::move_only_function<void(std::optional<ports::acceptance> const& answer)>;

    replica(surroundings parts, lease_owner owner, clock_error error);
    ~replica();
    replica(replica const&) = delete;
    replica& operator=(replica const&) = delete;

    /// Begins to work on what is due.
    void start();
    /// SIGTERM: takes up nothing new, finishes, gives its leases back. `stopped()` tells when that is done.
    void stop();
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

    [[nodiscard]] life& process() noexcept { return *life_; }
    [[nodiscard]] lease_owner const& owner() const noexcept { return owner_; }

    // ---- what others ask of it; from actions of the scheduler ----
    void accept(flows::submission_request request, accept_function answered);
    void receive_callback(std::string segment, std::string body, provider_model::answer_function answered);
    /// An operator looks at what waits for one and settles some of it.
    void tend();

private:
    [[nodiscard]] awaitable<void> serve(flows::submission_request request, accept_function answered);
    [[nodiscard]] awaitable<void> serve_callback(std::string segment, std::string body,
                                                 provider_model::answer_function answered);
    [[nodiscard]] awaitable<void> attend();
    [[nodiscard]] awaitable<void> attend_open_tasks();
    [[nodiscard]] awaitable<void> attend_disputes();
    [[nodiscard]] awaitable<void> attend_parked();
    [[nodiscard]] awaitable<void> attend_replays();
    [[nodiscard]] awaitable<void> start_replays();
    [[nodiscard]] awaitable<result<void>> start_replay(ports::parked_filter filter, std::uint64_t total);
    [[nodiscard]] awaitable<void> attend_sinks();
    [[nodiscard]] awaitable<void> order(task_id id, core::task_event event);
    [[nodiscard]] awaitable<void> shut_down();
    void share_among(std::size_t replicas);

    surroundings parts_;
    lease_owner owner_;
    std::shared_ptr<life> life_;
    std::unique_ptr<ports::store> opened_;
    std::unique_ptr<ports::store> store_;
    std::unique_ptr<ports::provider> provider_;
    flows::outbox outbox_;
    flows::bells bells_;
    flows::task_watch watch_;
    flows::activity activity_;
    flows::announcer announcer_;
    flows::learning learned_;
    flows::submit submit_;
    flows::intake intake_;
    flows::reconcile reconcile_;
    flows::dispatch dispatch_;
    flows::retain retain_;
    flows::replay replay_;
    flows::company company_;
    async::nursery requests_;
    bool stopped_{};
};

}  // namespace voicehook::simulation
