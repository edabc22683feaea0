// The flows on a store in memory, with a provider and sinks that answer by script and a clock moved by hand.
#pragma once

#include "manual_clock.hpp"

#include "flows/dispatch.hpp"
#include "flows/intake.hpp"
#include "flows/reconcile.hpp"
#include "flows/retain.hpp"
#include "flows/submit.hpp"
#include "ports/store.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::test {

inline constexpr auto noon = instant{1'775'131'200'000ms};

/// The trace of each callback.
inline auto const callback_trace =
    trace_context{trace_id{"0af7651916cd43dd8448eb211c80319c"}, span_id{"b7ad6b7169203331"}};

/// Answers of the provider.
[[nodiscard]] ports::provider_reply reply(int status, std::string body);
[[nodiscard]] std::string provider_body(std::string_view id, std::string_view status);

class scripted_provider final : public ports::provider {
public:
    using submit_answer = std::expected<ports::provider_reply, core::provider_silence>;

    awaitable<submit_answer> submit(core::task const& item, trace_context const& trace) override;
    awaitable<result<ports::provider_reply>> query(provider_task_id const& id, trace_context const& trace) override;
    awaitable<result<ports::provider_credits>> credits() override;

    std::deque<submit_answer> submit_script;  ///< then: accepted
    std::function<ports::provider_reply(provider_task_id const&)> on_query;
    std::function<void(core::task const&)> while_submitting;  ///< runs before the answer: an early callback
    bool throws_while_submitting{};
    std::vector<std::string> submitted;  ///< the bytes of each submission
    std::vector<task_id> keys;           ///< the Idempotency-Key of each
    std::vector<trace_context> traces;   ///< of each request, submissions and queries
    int queries{};
    std::function<result<ports::provider_credits>()> on_credits;
};

class scripted_sink final : public ports::sink {
public:
    explicit scripted_sink(std::string name) : name_{std::move(name)} {}

    sink_name const& name() const noexcept override { return name_; }
    std::size_t max_in_flight() const noexcept override { return 4; }
    duration longest_attempt() const noexcept override { return 15s; }
    std::string destination_of(core::delivery const& item) const override {
        return destination ? destination(item) : std::string{};
    }
    awaitable<core::attempt_outcome> deliver(core::delivery const& item, trace_context const& trace) override;
    awaitable<result<void>> probe() override;
    void retire() override { retired = true; }

    std::deque<core::attempt_outcome> script;  ///< then: delivered
    std::vector<core::delivery> received;
    std::vector<trace_context> traces;                                   ///< of each attempt
    int throws{};                                                        ///< so many attempts end with an exception
    std::function<core::attempt_outcome(core::delivery const&)> answer;  ///< after the script
    std::function<std::string(core::delivery const&)> destination;
    bool hangs{};                           ///< every attempt lasts until it is cut off
    std::deque<result<void>> probe_script;  ///< then: well
    int probes{};
    bool retired{};

private:
    sink_name name_;
};

/// One process life over a store that may outlive it.
class bench {
public:
    explicit bench(std::shared_ptr<ports::store> store = {}, core::confirmation confirm = core::confirmation::conflict,
                   core::replay_mode replay = core::replay_mode::same_key);
    ~bench();

    /// Runs a coroutine to its end without moving the clock.
    template <class T>
    T run(awaitable<T> work) {
        std::optional<T> value;
        std::exception_ptr thrown;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T outcome) {
            thrown = error;
            value.emplace(std::move(outcome));
        });
        clock.advance_to(clock.now());
        if (thrown) std::rethrow_exception(thrown);
        return std::move(value.value());
    }

    [[nodiscard]] task_id submit_one(std::optional<std::string> key = {}, std::string text = "calm");
    [[nodiscard]] static flows::submission_request request(std::optional<std::string> key, std::string text);
    [[nodiscard]] ports::acceptance accept(std::optional<std::string> key, std::string text);
    flows::callback_result call_back(task_id const& id, std::string body);
    [[nodiscard]] core::task task(task_id const& id);
    [[nodiscard]] std::vector<std::string> timeline(task_id const& id);
    [[nodiscard]] ports::audit_report audit();
    void advance(duration span) { clock.advance_to(clock.now() + span); }
    /// Ends this life as a graceful shutdown does.
    void stop();

    asio::io_context io{1};
    manual_clock clock{io, noon};
    std::shared_ptr<ports::store> store;
    scripted_provider provider;
    std::shared_ptr<scripted_sink> sink{std::make_shared<scripted_sink>("results")};
    telemetry::metrics metrics;
    flows::outbox outbox;
    flows::bells bells{clock};
    flows::task_watch watch{io.get_executor()};
    flows::activity activity{io.get_executor(), 1};
    flows::announcer announcer{bells, watch, outbox, metrics, activity};
    flows::learning learned;
    flows::submit submit;
    flows::intake intake;
    flows::reconcile reconcile;
    flows::dispatch dispatch;
    flows::retain retain;
};

}  // namespace voicehook::test
