// How a service runs, reloads and ends.
#include "app/commands.hpp"
#include "app/service.hpp"
#include "base/log.hpp"
#include "config/load.hpp"
#include "flows/worker.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace voicehook::app {
namespace {

/// After the store has failed for good nothing is worth waiting for but the 503s of the last batch.
constexpr auto last_words = 1s;
/// For what goes on after it was cancelled.
constexpr auto stubborn_work = 5s;
/// For the store, when the orderly end did not come.
constexpr auto last_chance = 2s;
/// For whoever reads the log.
constexpr auto last_lines = 200ms;
/// For the first beat: a store that is away must not keep the service from starting.
constexpr auto first_beat = 2s;
constexpr int exit_after_second_signal = 130;

[[noreturn]] void end_now(int exit_code) {
    flush_log(last_lines);
    std::_Exit(exit_code);
}

}  // namespace

int service::run() {
    listen_for_signals();
    root_.spawn("supervise", supervise());
    io_.run();
    return pending_ == order::fail ? exit_failed : exit_ok;
}

void service::listen_for_signals() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
        if (error) return;
        if (number == SIGHUP) {
            if (pending_ == order::none) pending_ = order::reload;
        } else {
            if (pending_ == order::stop || pending_ == order::fail) end_now(exit_after_second_signal);
            pending_ = order::stop;
            end_within(settings_.server.lame_duck + settings_.server.drain + stubborn_work);
        }
        orders_.notify();
        listen_for_signals();
    });
}

void service::store_failed(failure const& why) {
    log_error("store_failed", {{"code", to_text(why.code)}, {"doing", why.doing}});
    health_->give_up("store_failed");
    pending_ = order::fail;
    end_within(last_words + stubborn_work);
    orders_.notify();
}

/// The process ends by then, whatever hangs; of several moments the earliest counts.
void service::end_within(duration limit) {
    auto const until = deadline::in(limit);
    if (until.moment() >= hard_end_.expiry()) return;
    hard_end_.expires_at(until.moment());
    hard_end_.async_wait([this](boost::system::error_code error) {
        if (!error) root_.spawn("force_end", force_end());
    });
}

awaitable<void> service::force_end() {
    co_await flows::ignore_cancellation_errors();
    log_error("shutdown_forced", {{"waiting_for", waiting_for_}});
    hard_end_.expires_after(last_chance);
    hard_end_.async_wait([](boost::system::error_code error) {
        if (!error) end_now(exit_failed);
    });
    company_->stop();
    auto const released = co_await store_->release_leases(owner_, lost_replay_after(), clock_.now());
    if (!released) flows::log_failure("release_failed", "leases", released.error());
    co_await store_->close();
    if (!ended_) end_now(exit_failed);
}

awaitable<void> service::supervise() {
    co_await flows::ignore_cancellation_errors();
    co_await prepare();
    while (pending_ != order::stop && pending_ != order::fail) {
        if (pending_ == order::reload) {
            pending_ = order::none;
            reload_guarded();
            continue;
        }
        co_await orders_.wait();
    }
    auto const failed = pending_ == order::fail;
    co_await shut_down(failed ? duration::zero() : settings_.server.lame_duck,
                       failed ? last_words : settings_.server.drain);
    ended_ = true;
    hard_end_.cancel();
    signals_.cancel();
}

awaitable<void> service::prepare() {
    company_->start();
    co_await company_->joined(first_beat);
    dispatch_->use_sinks(std::exchange(first_sinks_, {}));
    submit_->start();
    reconcile_->start();
    retain_->start();
    chronicle_->start();
    replay_->start();
    credits_->start();
    canary_->start();
    log_info("ready", {{"version", VOICEHOOK_VERSION},
                       {"public_port", listeners_->public_port()},
                       {"api_port", listeners_->api_port()},
                       {"ops_port", listeners_->ops_port()}});
}

awaitable<void> service::shut_down(duration lame_duck, duration drain) {
    log_info("shutting_down", {{"lame_duck_ms", lame_duck}, {"drain_ms", drain}});
    health_->give_up("shutting_down");
    canary_->stop();  // that nobody comes here any more is no failure
    // Half of it for load balancers to see that; then whoever keeps a connection is told to come again, over another.
    co_await clock_.sleep(lame_duck / 2);
    listeners_->send_away();
    co_await clock_.sleep(lame_duck - lame_duck / 2);

    auto const until = deadline::in(drain);
    listeners_->stop_accepting();
    watch_.interrupt();
    activity_.interrupt();
    submit_->stop_claiming();
    reconcile_->stop_claiming();
    dispatch_->stop_claiming();
    retain_->stop_claiming();
    chronicle_->stop();
    replay_->stop_claiming();
    credits_->stop();
    waiting_for_ = "requests";
    co_await listeners_->drained(until);
    waiting_for_ = "submissions";
    co_await submit_->finish(until);
    waiting_for_ = "queries";
    co_await reconcile_->finish(until);
    waiting_for_ = "callbacks";
    co_await callbacks_->finish();
    waiting_for_ = "deliveries";
    co_await dispatch_->finish(until);
    waiting_for_ = "upkeep";
    co_await retain_->finish();
    co_await chronicle_->finish();
    co_await replay_->finish();
    co_await credits_->finish();
    co_await canary_->finish();
    company_->stop();  // until here it lives, for all that others can tell
    co_await company_->finish();
    co_await health_->finish();

    waiting_for_ = "the store";
    auto const released = co_await store_->release_leases(owner_, lost_replay_after(), clock_.now());
    if (!released) flows::log_failure("release_failed", "leases", released.error());
    co_await store_->close();
    co_await backups_->finish();  // one that was under way was cut short by that
    provider_http_->close_idle();
    log_info("stopped", {{"reason", pending_ == order::fail ? "store_failed" : "signal"}});
}

/// A surprise must leave the old configuration in force, and the service able to stop.
void service::reload_guarded() {
    try {
        reload();
    } catch (std::exception const& error) {
        log_error("reload_refused", {{"reason", error.what()}});
        metrics_.add(telemetry::counter::reloads, {"refused"});
    }
}

void service::reload() {
    auto wanted = config::load(config_path_, config::process_environment());
    if (!wanted) {
        for (auto const& complaint : wanted.error()) log_error("reload_refused", {{"reason", complaint}});
        metrics_.add(telemetry::counter::reloads, {"refused"});
        return;
    }
    auto const frozen = config::changes_that_need_a_restart(settings_, *wanted);
    auto const applied =
        frozen.empty()
            ? apply(std::move(*wanted))
            : result<void>{fail(errc::invalid, fmt::format("restart to change {}", fmt::join(frozen, ", ")))};
    if (!applied) {
        log_error("reload_refused", {{"reason", applied.error().doing}});
        metrics_.add(telemetry::counter::reloads, {"refused"});
        return;
    }
    retain_->look_now();  // deliveries of sinks that are gone
    log_info("reloaded");
    metrics_.add(telemetry::counter::reloads, {"ok"});
}

result<void> service::apply(config::settings wanted) {
    // Everything that can fail first, then the change: a bad file leaves the old one in force.
    auto fresh = read_certificates(wanted);
    if (!fresh) return std::unexpected{std::move(fresh.error())};
    trust_.forget();
    auto sinks = make_sinks(wanted, parts_of_sinks());
    if (!sinks) return std::unexpected{std::move(sinks.error())};

    settings_ = std::move(wanted);
    set_log_level(settings_.server.level);
    listeners_->use(std::move(*fresh));
    callers_.replace(caller_accounts(settings_));
    use_tokens();
    audios_->use_callback_rules(callback_rules(settings_));
    *provider_key_ = settings_.provider.api_key;
    metrics_.add_sinks(sink_names(settings_));
    outbox_.replace(sink_routes(settings_));
    dispatch_->use_sinks(std::move(*sinks));
    return {};
}

}  // namespace voicehook::app
