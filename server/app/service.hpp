// The whole service, wired top to bottom in the order of its construction.
#pragma once

#include "api/audios.hpp"
#include "api/backups.hpp"
#include "api/callbacks.hpp"
#include "api/callers.hpp"
#include "api/events.hpp"
#include "api/health.hpp"
#include "api/metrics_page.hpp"
#include "api/operations.hpp"
#include "api/operators.hpp"
#include "api/provider_record.hpp"
#include "api/replays.hpp"
#include "api/summary.hpp"
#include "api/tasks.hpp"
#include "app/listeners.hpp"
#include "app/sink_wiring.hpp"
#include "app/system_clock.hpp"
#include "app/wiring.hpp"
#include "async/nursery.hpp"
#include "async/resolver_pool.hpp"
#include "client/http_client.hpp"
#include "config/settings.hpp"
#include "flows/activity.hpp"
#include "flows/canary.hpp"
#include "flows/chronicle.hpp"
#include "flows/company.hpp"
#include "flows/credits.hpp"
#include "flows/dispatch.hpp"
#include "flows/intake.hpp"
#include "flows/reconcile.hpp"
#include "flows/replay.hpp"
#include "flows/retain.hpp"
#include "flows/submit.hpp"
#include "ports/provider.hpp"
#include "ports/public_path.hpp"
#include "ports/sink.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::app {

/// One process life. Its members are the wiring diagram; each may use those above it.
class service {
public:
    /// Opens the store, reads the certificates and binds the listeners. A failure says in one line what to change.
    [[nodiscard]] static result<std::unique_ptr<service>> create(config::settings settings, std::string config_path);
    ~service();

    /// Serves until SIGTERM or SIGINT, then shuts down in order. Returns the exit code: 0, or 1 after a failed store.
    /// What cannot be cancelled (a disk that hangs) gets 5 s more; then the process ends with 1 from here.
    int run();

private:
    /// One canary at a time looks a name up: one more, should that hang.
    static constexpr std::size_t canary_lookups = 2;
    /// A name whose servers are dead holds a thread for some 10 s, and is probed twice a minute: with the usual four
    /// threads a dozen such names of callers' would leave none to the others.
    static constexpr std::size_t callers_lookups = 16;

    service(config::settings settings, std::string config_path);

    [[nodiscard]] result<void> open();
    [[nodiscard]] result<void> open_store();
    [[nodiscard]] result<std::unique_ptr<ports::store>> opened_store();
    [[nodiscard]] result<void> open_provider();
    [[nodiscard]] result<void> open_flows();
    [[nodiscard]] result<void> open_canary();
    [[nodiscard]] result<void> open_listeners();

    [[nodiscard]] awaitable<void> supervise();
    [[nodiscard]] awaitable<void> prepare();
    [[nodiscard]] awaitable<void> shut_down(duration lame_duck, duration drain);
    void reload_guarded();
    void reload();
    [[nodiscard]] result<void> apply(config::settings wanted);
    [[nodiscard]] std::size_t affordable_connections() const;
    [[nodiscard]] sink_parts parts_of_sinks();
    void listen_for_signals();
    void end_within(duration limit);
    [[nodiscard]] awaitable<void> force_end();
    void store_failed(failure const& why);
    void share_among(std::size_t replicas);
    void use_tokens();
    void refresh_gauges();
    [[nodiscard]] std::optional<duration> lost_replay_after() const;
    [[nodiscard]] std::vector<sink_name> known_sinks() const;

    config::settings settings_;
    std::string config_path_;
    lease_owner owner_;
    asio::io_context io_{1};
    async::trust_stores trust_;  ///< as read at the start, or at the last reload
    async::resolver_pool provider_resolver_;
    async::resolver_pool sink_resolver_;
    async::resolver_pool callers_resolver_{callers_lookups};
    async::resolver_pool canary_resolver_{canary_lookups};
    system_clock clock_;
    telemetry::metrics metrics_;
    std::unique_ptr<ports::store> store_;
    api::provider_record provider_record_;
    std::unique_ptr<client::http_client> provider_http_;
    std::shared_ptr<secret> provider_key_;
    std::unique_ptr<ports::provider> provider_;
    flows::outbox outbox_;
    flows::bells bells_;
    flows::task_watch watch_;
    flows::activity activity_;
    flows::announcer announcer_;
    flows::learning learned_;
    api::callers callers_;
    api::operators operators_;
    std::unique_ptr<flows::submit> submit_;
    std::unique_ptr<flows::intake> intake_;
    std::unique_ptr<flows::reconcile> reconcile_;
    std::unique_ptr<flows::dispatch> dispatch_;
    std::unique_ptr<flows::retain> retain_;
    std::unique_ptr<flows::chronicle> chronicle_;
    std::unique_ptr<flows::replay> replay_;
    std::unique_ptr<flows::credits> credits_;
    std::unique_ptr<client::http_client> canary_http_;
    std::unique_ptr<ports::public_path> public_path_;
    std::unique_ptr<flows::canary> canary_;
    std::unique_ptr<flows::company> company_;
    std::vector<flows::served_sink> first_sinks_;  ///< until they are served
    std::unique_ptr<api::health> health_;
    std::unique_ptr<api::audios> audios_;
    std::unique_ptr<api::tasks> tasks_;
    std::unique_ptr<api::callbacks> callbacks_;
    std::unique_ptr<api::summary> summary_;
    std::unique_ptr<api::events> events_;
    std::unique_ptr<api::operations> operations_;
    std::unique_ptr<api::replays> replays_;
    std::unique_ptr<api::backups> backups_;
    std::unique_ptr<api::metrics_page> metrics_page_;
    std::unique_ptr<listeners> listeners_;
    std::uint64_t dropped_lines_{};  ///< log lines dropped as of the last scrape
    asio::signal_set signals_;
    async::wake orders_;
    async::nursery root_;
    enum class order : std::uint8_t { none, reload, stop, fail } pending_{order::none};
    asio::steady_timer hard_end_;
    std::string_view waiting_for_{"the service to stop"};  ///< what the orderly end waits for now
    bool ended_{};
};

}  // namespace voicehook::app
