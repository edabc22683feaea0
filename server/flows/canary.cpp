#include "flows/canary.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "wire/canary_message.hpp"

#include <cmath>
#include <utility>

namespace voicehook::flows {
namespace {

constexpr std::size_t nonce_bytes = 16;

/// Spread by ±10 %, so that replicas that were started together do not send together.
duration jittered(duration wait, double unit) {
    return duration{std::llround(static_cast<double>(wait.count()) * (0.9 + 0.2 * unit))};
}

canary_result result_of(errc code) {
    switch (code) {
        case errc::dns: return canary_result::dns;
        case errc::refused: return canary_result::refused;
        case errc::tls: return canary_result::tls;
        case errc::timeout: return canary_result::timeout;
        case errc::reset: return canary_result::reset;
        default: return canary_result::failed;
    }
}

canary_result result_of(ports::public_answer const& answer, std::string_view nonce, wire::callback_tokens const& by) {
    switch (answer.status) {
        case 200: break;
        case 404: return canary_result::not_found;
        case 503: return canary_result::unavailable;
        default: return canary_result::status;
    }
    auto const proof = wire::canary_proof(answer.body);
    return proof && by.proves(nonce, *proof) ? canary_result::ok : canary_result::stranger;
}

}  // namespace

canary::canary(asio::any_io_executor executor, ports::public_path& path, ports::clock& clock,
               telemetry::metrics& metrics, std::function<void(core::callback_path)> changed, canary_settings settings)
    : path_{path},
      clock_{clock},
      metrics_{metrics},
      changed_{std::move(changed)},
      settings_{settings},
      bell_{clock},
      loops_{executor, count_failures(metrics)} {}

void canary::start() {
    if (settings_.every == duration::zero()) return;
    loops_.spawn("canary", work_when_due("canary", bell_, clock_, metrics_, [this] { return send_one(); }));
    ring_later();
}

std::optional<canary_state> canary::state() const {
    return settings_.every == duration::zero() ? std::nullopt : std::optional{state_};
}

void canary::ring_later() { bell_.ring(clock_.now() + jittered(settings_.every, random_unit())); }

awaitable<turn> canary::send_one() {
    bell_.clear();
    auto const tokens = tokens_;
    auto const nonce = to_hex(random_bytes(nonce_bytes));
    auto const began = clock_.now();
    auto const answer =
        co_await path_.call_back(tokens->sign(task_id{std::string{core::canary_task}}), wire::canary_body(nonce));
    auto const stopping = co_await is_stopping();
    if (stopping) co_return turn::retired;
    note(answer ? result_of(*answer, nonce, *tokens) : result_of(answer.error().code), clock_.now() - began);
    ring_later();
    co_return turn::done;
}

void canary::note(canary_result what, duration took) {
    auto const before = core::path_after(state_.failures);
    auto const ok = what == canary_result::ok;
    state_ = {.last_at = clock_.now(),
              .ok = ok,
              .latency = ok ? std::optional{took} : std::nullopt,
              .failures = ok ? 0 : state_.failures + 1};

    metrics_.add(telemetry::counter::canary, {to_text(what)});
    metrics_.set(telemetry::gauge::canary_failures_in_a_row, {}, state_.failures);
    if (ok) {
        metrics_.observe(telemetry::histogram::canary_seconds, {}, std::chrono::duration<double>(took).count());
        metrics_.set(telemetry::gauge::canary_last_success_timestamp_seconds, {},
                     static_cast<double>(to_unix_seconds(clock_.wall())));
    }

    auto const after = core::path_after(state_.failures);
    if (after == before) return;
    if (ok)
        log_info("callback_path_mended");
    else
        log_warning("callback_path_broken", {{"result", to_text(what)}, {"failures", state_.failures}});
    changed_(after);
}

}  // namespace voicehook::flows
