// The verb "submit": intent durable first, then the provider, then its verdict durable.
#pragma once

#include "async/nursery.hpp"
#include "base/deadline.hpp"
#include "core/poll_plan.hpp"
#include "core/submission_policy.hpp"
#include "flows/announcer.hpp"
#include "flows/slots.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/provider.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"
#include "wire/callback_token.hpp"
#include "wire/voice_design_request.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace voicehook::flows {

struct submit_settings {
    std::string public_base_url;
    duration deadline{10min};  ///< `submission.deadline`
    duration lease{45s};       ///< longer than the provider client's own limit for a submission
    std::size_t max_in_flight{64};
    core::submission_policy policy;
    core::poll_policy polling;
};

/// A checked request of an authenticated caller.
struct submission_request {
    caller_name caller;
    std::uint64_t max_open{};
    wire::voice_design_submission content;
    std::optional<std::string> idempotency_key;
    std::string trace_parent;  ///< the caller's, as `write_traceparent` writes it, or empty
    std::string request_id;
    duration wait{};  ///< how long its caller waits for the verdict: until then the same key is "still running"
};

/// What this process learned of how long tasks take: intake observes, submit uses it.
using learning = core::learned_durations;

/// Accepts tasks and brings each to the provider, at most `max_in_flight` at once. Whatever stopped half-way is taken
/// up again when it is due. One thread; the referenced parts must outlive it.
class submit {
public:
    submit(asio::any_io_executor executor, ports::store& store, ports::provider& provider, ports::clock& clock,
           announcer& announce, outbox const& routing, bells& workers, telemetry::metrics& metrics,
           learning const& learned, lease_owner owner, submit_settings settings);

    /// Makes the task durable with its callback URL and exact bytes, and starts its submission. The failures are the
    /// store's. A full provider queue is no failure: the task waits its turn, durable.
    [[nodiscard]] awaitable<result<ports::acceptance>> accept(submission_request request);

    /// Signs the callback URLs of tasks accepted from now on.
    void use_tokens(std::shared_ptr<wire::callback_tokens const> tokens) { tokens_ = std::move(tokens); }

    void start();
    /// Takes up nothing new; what runs goes on.
    void stop_claiming();
    /// Waits for running submissions until `until`, then cancels them: their outcome is unknown.
    [[nodiscard]] awaitable<void> finish(deadline until);

    /// This process is one of so many: its part of `max_in_flight` from now on.
    void share_among(std::size_t replicas) { slots_.limit(share_of(settings_.max_in_flight, replicas)); }

    /// Whether callbacks come through decides how soon tasks accepted from now on are asked about.
    void expect_callbacks(core::callback_path path) noexcept { settings_.polling.callbacks = path; }

    [[nodiscard]] std::size_t in_flight() const noexcept { return slots_.taken(); }

private:
    [[nodiscard]] core::task make_task(submission_request& request, core::task_state state, instant now) const;
    [[nodiscard]] awaitable<turn> claim_once();
    [[nodiscard]] awaitable<void> run(core::task item, slots::slot place);
    [[nodiscard]] awaitable<void> record(core::task const& item, core::task_event outcome, instant lease_until);
    void launch(core::task item, slots::slot place);

    ports::store& store_;
    ports::provider& provider_;
    ports::clock& clock_;
    announcer& announcer_;
    outbox const& outbox_;
    due_bell& bell_;
    telemetry::metrics& metrics_;
    learning const& learned_;
    lease_owner owner_;
    submit_settings settings_;
    std::shared_ptr<wire::callback_tokens const> tokens_;
    async::nursery loops_;
    async::nursery running_;
    slots slots_;
};

}  // namespace voicehook::flows
