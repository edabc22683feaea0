#include "app/service.hpp"

#include "api/cross_site.hpp"
#include "api/history.hpp"
#include "api/openapi.hpp"
#include "api/page.hpp"
#include "app/descriptors.hpp"
#include "app/named_files.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "client/provider_client.hpp"
#include "client/public_path_client.hpp"
#include "flows/worker.hpp"
#include "http/rejections.hpp"
#include "store/postgres/create.hpp"
#include "store/sqlite/create.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

namespace voicehook::app {
namespace {

/// How much longer than the client's own limit a lease lasts, so that it does not run out under a live attempt.
constexpr auto lease_margin = 15s;

lease_owner make_owner() {
    return lease_owner{fmt::format("{}-{}", ::getpid(), make_uuid_v7(instant{}, random_entropy()).substr(24))};
}

/// Events are numbered by the microseconds of the start, so that the numbers of this life are above the last one's.
std::uint64_t first_event_number(instant start) { return static_cast<std::uint64_t>(to_unix_ms(start)) * 1000; }

telemetry::metric_labels labels_for(config::settings const& from) {
    telemetry::metric_labels labels;
    labels.sinks = sink_names(from);
    for (auto const reason : http::rejection_reasons()) labels.reject_reasons.emplace_back(reason);
    return labels;
}

core::submission_policy submission_policy(config::settings const& from) {
    core::submission_policy policy;
    policy.replay = from.submission.replay;
    policy.replay_after = from.submission.replay_after;
    return policy;
}

core::poll_policy poll_policy(config::settings const& from) {
    core::poll_policy policy;
    policy.first_after = from.polling.first_after;
    policy.interval = from.polling.interval;
    policy.give_up_after = from.polling.give_up_after;
    return policy;
}

}  // namespace

result<std::unique_ptr<service>> service::create(config::settings settings, std::string config_path) {
    std::unique_ptr<service> made{new service{std::move(settings), std::move(config_path)}};
    auto opened = made->open();
    if (!opened) return std::unexpected{std::move(opened.error())};
    return made;
}

service::service(config::settings settings, std::string config_path)
    : settings_{std::move(settings)},
      config_path_{std::move(config_path)},
      owner_{make_owner()},
      clock_{io_.get_executor()},
      metrics_{labels_for(settings_), VOICEHOOK_VERSION},
      provider_key_{std::make_shared<secret>(settings_.provider.api_key)},
      outbox_{sink_routes(settings_)},
      bells_{clock_},
      watch_{io_.get_executor()},
      activity_{io_.get_executor(), first_event_number(clock_.wall())},
      announcer_{bells_, watch_, outbox_, metrics_, activity_},
      callers_{clock_, caller_accounts(settings_)},
      operators_{operator_accounts(settings_)},
      signals_{io_, SIGTERM, SIGINT, SIGHUP},
      orders_{io_.get_executor()},
      root_{io_.get_executor()},
      hard_end_{io_, asio::steady_timer::time_point::max()} {}

service::~service() = default;

std::optional<duration> service::lost_replay_after() const {
    if (settings_.submission.replay == core::replay_mode::never) return std::nullopt;
    return settings_.submission.replay_after;
}

std::vector<sink_name> service::known_sinks() const {
    std::vector<sink_name> names;
    for (auto const& name : sink_names(settings_)) names.emplace_back(name);
    return names;
}

result<void> service::open() {
    using step = result<void> (service::*)();
    for (step const take : {&service::open_store, &service::open_provider, &service::open_flows, &service::open_canary,
                            &service::open_listeners}) {
        auto taken = (this->*take)();
        if (!taken) return taken;
    }
    return {};
}

result<void> service::open_store() {
    auto opened = opened_store();
    if (!opened) return fail(std::move(opened.error()), "store.url");
    store_ = std::move(*opened);
    return {};
}

result<std::unique_ptr<ports::store>> service::opened_store() {
    auto const observe = [this](std::chrono::microseconds took, std::size_t operations) {
        metrics_.observe(telemetry::histogram::store_commit_seconds, {}, std::chrono::duration<double>(took).count());
        metrics_.observe(telemetry::histogram::store_commit_rows, {}, static_cast<double>(operations));
    };
    auto const path = config::sqlite_path(settings_.store.url);
    if (!path) {
        auto wanted = postgres_settings(settings_.store);
        wanted.observe_commit = observe;
        return store::postgres::open(io_.get_executor(), std::move(wanted));
    }
    return store::sqlite::open(
        io_.get_executor(),
        {.path = *path, .observe_commit = observe, .on_fatal = [this](failure const& why) { store_failed(why); }},
        lost_replay_after(), clock_.now());
}

result<void> service::open_provider() {
    auto trust = read_trust(trust_, settings_.provider.ca_file, "provider.ca_file");
    if (!trust) return std::unexpected{std::move(trust.error())};
    provider_http_ = client::create_http_client(io_.get_executor(), provider_resolver_, std::move(*trust), {});
    provider_ = client::create_provider_client(
        *provider_http_, clock_,
        {.base_url = settings_.provider.base_url,
         .submit_timeout = settings_.provider.submit_timeout,
         .query_timeout = settings_.provider.query_timeout,
         .api_key = [key = provider_key_] { return *key; },
         .observe =
             [this](std::string_view operation, std::string_view status, duration took, trace_id const& trace) {
                 metrics_.add(telemetry::counter::provider_requests, {operation, status});
                 provider_record_.note(operation, status, clock_.now());
                 metrics_.observe(telemetry::histogram::provider_request_seconds, {operation},
                                  std::chrono::duration<double>(took).count(), trace.value());
             }});
    return {};
}

result<void> service::open_flows() {
    auto const executor = io_.get_executor();
    submit_ = std::make_unique<flows::submit>(
        executor, *store_, *provider_, clock_, announcer_, outbox_, bells_, metrics_, learned_, owner_,
        flows::submit_settings{.public_base_url = settings_.public_listener.base_url,
                               .deadline = settings_.submission.deadline,
                               .lease = settings_.provider.submit_timeout + lease_margin,
                               .max_in_flight = settings_.provider.max_in_flight,
                               .policy = submission_policy(settings_),
                               .polling = poll_policy(settings_)});
    intake_ = std::make_unique<flows::intake>(
        *store_, clock_, announcer_, outbox_, metrics_, learned_,
        flows::intake_settings{.confirm = settings_.callbacks.confirm, .retention = settings_.store.retention});
    reconcile_ = std::make_unique<flows::reconcile>(
        executor, *store_, *provider_, clock_, announcer_, outbox_, bells_, metrics_, owner_,
        flows::reconcile_settings{.polling = poll_policy(settings_),
                                  .lease = settings_.provider.query_timeout + lease_margin});
    dispatch_ = std::make_unique<flows::dispatch>(executor, *store_, clock_, bells_, metrics_, activity_, owner_,
                                                  flows::dispatch_settings{.lease_margin = lease_margin});
    retain_ = std::make_unique<flows::retain>(
        executor, *store_, clock_, metrics_, [this] { return known_sinks(); },
        flows::retain_settings{.retention = settings_.store.retention});
    replay_ = std::make_unique<flows::replay>(executor, *store_, clock_, bells_, metrics_);
    credits_ = std::make_unique<flows::credits>(executor, *provider_, clock_, metrics_,
                                                flows::credits_settings{.every = settings_.provider.credits_every});

    chronicle_ = std::make_unique<flows::chronicle>(executor, *store_, clock_, metrics_);
    company_ = std::make_unique<flows::company>(
        executor, *store_, clock_, bells_, metrics_, [this](std::size_t replicas) { share_among(replicas); },
        company_settings(settings_, {owner_, replica_name(), VOICEHOOK_VERSION, clock_.wall()}, lost_replay_after()));

    auto sinks = make_sinks(settings_, parts_of_sinks());
    if (!sinks) return std::unexpected{std::move(sinks.error())};
    first_sinks_ = std::move(*sinks);
    return {};
}

result<void> service::open_canary() {
    auto const& wanted = settings_.canary;
    auto trust = read_trust(trust_, wanted.ca_file, "canary.ca_file");
    if (!trust) return std::unexpected{std::move(trust.error())};
    canary_http_ =
        client::create_http_client(io_.get_executor(), canary_resolver_, std::move(*trust), client::keep_nothing());
    public_path_ = client::create_public_path_client(
        *canary_http_, {.base_url = settings_.public_listener.base_url, .timeout = wanted.timeout});
    auto const changed = [this](core::callback_path path) {
        submit_->expect_callbacks(path);
        reconcile_->expect_callbacks(path);
    };
    canary_ = std::make_unique<flows::canary>(io_.get_executor(), *public_path_, clock_, metrics_, changed,
                                              flows::canary_settings{.every = wanted.every});
    return {};
}

result<void> service::open_listeners() {
    health_ = std::make_unique<api::health>(io_.get_executor(), *store_, metrics_);
    audios_ = std::make_unique<api::audios>(
        callers_, *submit_, watch_, *store_,
        api::audios_settings{.wait = settings_.submission.wait, .callback_urls = callback_rules(settings_)});
    tasks_ = std::make_unique<api::tasks>(*store_, watch_);
    callbacks_ = std::make_unique<api::callbacks>(io_.get_executor(), *intake_, metrics_, settings_.callbacks.max_body);
    summary_ = std::make_unique<api::summary>(
        io_.get_executor(), *store_, clock_, metrics_, *health_, *retain_, provider_record_,
        api::summary_settings{.version = VOICEHOOK_VERSION,
                              .owner = owner_,
                              .since = clock_.wall(),
                              .provider_in_flight = [this] { return submit_->in_flight(); },
                              .credits = [this] { return credits_->last(); },
                              .canary = [this] { return canary_->state(); },
                              .sinks = [this] { return dispatch_->health(); }});
    events_ = std::make_unique<api::events>(*summary_, activity_);
    operations_ = std::make_unique<api::operations>(*store_, clock_, announcer_, outbox_, bells_, activity_,
                                                    poll_policy(settings_), settings_.provider.base_url);
    replays_ = std::make_unique<api::replays>(*store_, clock_, bells_, activity_, *replay_);
    backups_ = std::make_unique<api::backups>(io_.get_executor(), *store_, clock_, metrics_, activity_,
                                              backup_settings(settings_));
    metrics_page_ = std::make_unique<api::metrics_page>(*store_, clock_, metrics_, [this] { refresh_gauges(); });
    use_tokens();

    auto read = read_certificates(settings_);
    if (!read) return std::unexpected{std::move(read.error())};
    route_tables tables;
    auto const add = [](std::vector<http::route>& table, std::vector<http::route> more) {
        for (auto& route : more) table.push_back(std::move(route));
    };
    add(tables.public_routes, callbacks_->routes());
    add(tables.public_routes, health_->routes());
    add(tables.api_routes, audios_->routes());
    add(tables.api_routes, tasks_->routes());
    add(tables.api_routes, api::openapi_routes());
    add(tables.api_routes, health_->routes());
    add(tables.ops_routes, summary_->routes());
    add(tables.ops_routes, api::history_routes(*chronicle_, clock_));
    add(tables.ops_routes, events_->routes());
    add(tables.ops_routes, operations_->routes());
    add(tables.ops_routes, api::page_routes());
    add(tables.ops_routes, replays_->routes());
    add(tables.ops_routes, backups_->routes());
    add(tables.ops_routes, metrics_page_->routes());
    add(tables.ops_routes, health_->routes());
    tables.api_guards = {{"/v1/", [this](http::request& item) { return callers_.check(item); }}};
    tables.ops_guards = {{"/ops/v1/", &api::refuse_cross_site, http::refusal_reason::cross_site},
                         {"/ops/v1/", [this](http::request& item) { return operators_.check(item); }}};
    listeners_ = std::make_unique<listeners>(io_.get_executor(), settings_, affordable_connections(), std::move(tables),
                                             std::move(*read), metrics_);
    return listeners_->start();
}

void service::use_tokens() {
    auto const tokens = callback_tokens(settings_);
    submit_->use_tokens(tokens);
    callbacks_->use_tokens(tokens);
    canary_->use_tokens(tokens);
}

void service::share_among(std::size_t replicas) {
    submit_->share_among(replicas);
    reconcile_->share_among(replicas);
    dispatch_->share_among(replicas);
    credits_->share_among(replicas);
}

sink_parts service::parts_of_sinks() {
    return {io_.get_executor(),
            sink_resolver_,
            callers_resolver_,
            trust_,
            clock_,
            [this](caller_name const& name) { return callers_.signing_key(name); },
            &metrics_};
}

std::size_t service::affordable_connections() const {
    auto const wanted = settings_.server.max_connections;
    auto const limit = raise_descriptor_limit();
    auto const affordable = connections_within(limit, wanted);
    if (affordable < wanted)
        log_warning("few_descriptors",
                    {{"limit", limit}, {"needed", descriptors_for(wanted)}, {"max_connections", affordable}});
    return affordable;
}

void service::refresh_gauges() {
    auto const dropped = dropped_log_lines();
    metrics_.add(telemetry::counter::log_lines_dropped, {},
                 static_cast<double>(dropped - std::exchange(dropped_lines_, dropped)));
    metrics_.set(telemetry::gauge::provider_in_flight, {}, static_cast<double>(submit_->in_flight()));
}

}  // namespace voicehook::app
