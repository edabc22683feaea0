#include "flows/credits.hpp"

#include "base/log.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace voicehook::flows {
namespace {

constexpr auto unknown = std::numeric_limits<double>::quiet_NaN();
/// After the first question without an answer; doubles with each further one.
constexpr auto first_retry = 30s;
constexpr duration longest_retry = 1h;
/// After so many intervals an old answer counts as none.
constexpr int good_for_intervals = 3;

/// Spread by ±10 %, so that replicas that were started together do not ask together.
duration jittered(duration wait, double unit) {
    return duration{std::llround(static_cast<double>(wait.count()) * (0.9 + 0.2 * unit))};
}

duration backed_off(duration every, std::uint32_t failed) {
    auto const longest = std::max(every, longest_retry);
    auto wait = std::min<duration>(every, first_retry);
    for (std::uint32_t doubled = 1; doubled < failed && wait < longest; ++doubled) wait *= 2;
    return std::min(wait, longest);
}

}  // namespace

credits::credits(asio::any_io_executor executor, ports::provider& provider, ports::clock& clock,
                 telemetry::metrics& metrics, credits_settings settings)
    : provider_{provider},
      clock_{clock},
      metrics_{metrics},
      settings_{settings},
      bell_{clock},
      loops_{executor, count_failures(metrics)} {
    metrics_.set(telemetry::gauge::provider_credits_remaining, {}, unknown);
}

void credits::start() {
    if (settings_.every == duration::zero()) return;
    loops_.spawn("credits", work_when_due("credits", bell_, clock_, metrics_, [this] { return ask(); }));
    bell_.ring_now();
}

duration credits::interval() const { return settings_.every * static_cast<duration::rep>(replicas_); }

awaitable<turn> credits::ask() {
    bell_.clear();
    auto const told = co_await provider_.credits();
    auto const remaining = told ? told->remaining() : std::nullopt;
    if (remaining)
        learn(*remaining);
    else
        note_failure(told ? failure{errc::protocol, "an answer without remaining credits"} : told.error());
    auto const wait = failed_ == 0 ? interval() : backed_off(interval(), failed_);
    bell_.ring(clock_.now() + jittered(wait, random_unit()));
    co_return turn::done;
}

void credits::learn(double remaining) {
    if (failed_ > 0) log_info("credits_known");
    failed_ = 0;
    last_ = {.remaining = remaining, .at = clock_.now()};
    metrics_.set(telemetry::gauge::provider_credits_remaining, {}, remaining);
}

/// Logged once per outage: nothing but a number is missing.
void credits::note_failure(failure const& why) {
    if (why.code == errc::stopping) return;
    if (failed_++ == 0) log_warning("credits_unknown", {{"code", to_text(why.code)}, {"doing", why.doing}});
    if (last_ && clock_.now() - last_->at <= good_for_intervals * interval()) return;
    last_.reset();
    metrics_.set(telemetry::gauge::provider_credits_remaining, {}, unknown);
}

}  // namespace voicehook::flows
