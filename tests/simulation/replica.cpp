#include "replica.hpp"

#include "base/random.hpp"
#include "flows/worker.hpp"
#include "provider_port.hpp"
#include "sink_model.hpp"
#include "watched_store.hpp"
#include "wire/provider_messages.hpp"

namespace voicehook::simulation {
namespace {

core::poll_policy polling(episode_plan const& rules) {
    return {.first_after = rules.first_poll,
            .interval = rules.poll_interval,
            .give_up_after = rules.give_up_polling,
            .overdue_interval = 1h};
}

flows::submit_settings submit_settings(episode_plan const& rules) {
    auto settings = flows::submit_settings{};
    settings.public_base_url = "https://hooks.example.com";
    settings.deadline = rules.submission_deadline;
    settings.lease = 30s + rules.lease_margin;
    settings.max_in_flight = rules.submissions_in_flight;
    settings.policy.replay = rules.replay;
    settings.policy.replay_after = rules.replay_after;
    settings.polling = polling(rules);
    return settings;
}

std::optional<duration> lost_replay_after(episode_plan const& rules) {
    return rules.replay == core::replay_mode::never ? std::nullopt : std::optional{rules.replay_after};
}

/// Slower than in production: an episode takes days.
flows::company_settings company_settings(episode_plan const& rules, lease_owner const& owner) {
    return {.self = {.owner = owner, .name = owner.value(), .version = "1", .started_at = {}},
            .every = 1min,
            .refresh_after = 45s,
            .dead_after = 3min,
            .lost_replay_after = lost_replay_after(rules)};
}

std::vector<sink_name> sinks_of(std::vector<flows::sink_route> const& routes) {
    auto names = std::vector<sink_name>{};
    for (auto const& route : routes) names.push_back(route.name);
    return names;
}

/// As api/callbacks answers.
int status_of(flows::callback_result result) {
    switch (result) {
        case flows::callback_result::accepted:
        case flows::callback_result::evidence:
        case flows::callback_result::duplicate:
        case flows::callback_result::conflict:
        case flows::callback_result::ignored: return 200;
        case flows::callback_result::mismatch:
        case flows::callback_result::retired: return 404;
        case flows::callback_result::malformed: return 400;
        case flows::callback_result::orphan:
        case flows::callback_result::unavailable: return 503;
    }
    return 503;
}

}  // namespace

replica::replica(surroundings parts, lease_owner owner, clock_error error)
    : parts_{std::move(parts)},
      owner_{std::move(owner)},
      life_{std::make_shared<life>(parts_.around.time, parts_.around.luck, error)},
      opened_{parts_.open_store(*life_)},
      store_{watch_store(*opened_, *life_, parts_.around)},
      provider_{connect_provider(parts_.provider, *life_, parts_.around)},
      outbox_{parts_.routes},
      bells_{*life_},
      watch_{life_->io().get_executor()},
      activity_{life_->io().get_executor(), 1},
      announcer_{bells_, watch_, outbox_, parts_.metrics, activity_},
      submit_{life_->io().get_executor(),
              *store_,
              *provider_,
              *life_,
              announcer_,
              outbox_,
              bells_,
              parts_.metrics,
              learned_,
              owner_,
              submit_settings(parts_.around.rules)},
      intake_{*store_,
              *life_,
              announcer_,
              outbox_,
              parts_.metrics,
              learned_,
              {.confirm = parts_.around.rules.confirm, .retention = parts_.around.rules.retention}},
      reconcile_{life_->io().get_executor(),
                 *store_,
                 *provider_,
                 *life_,
                 announcer_,
                 outbox_,
                 bells_,
                 parts_.metrics,
                 owner_,
                 {.polling = polling(parts_.around.rules), .lease = 15s + parts_.around.rules.lease_margin}},
      dispatch_{life_->io().get_executor(),
                *store_,
                *life_,
                bells_,
                parts_.metrics,
                activity_,
                owner_,
                {.lease_margin = parts_.around.rules.lease_margin}},
      retain_{life_->io().get_executor(),
              *store_,
              *life_,
              parts_.metrics,
              [routes = parts_.routes] { return sinks_of(routes); },
              {.retention = parts_.around.rules.retention, .every = 30min}},
      replay_{life_->io().get_executor(), *store_, *life_, bells_, parts_.metrics, parts_.around.rules.replays},
      company_{life_->io().get_executor(),
               *store_,
               *life_,
               bells_,
               parts_.metrics,
               [this](std::size_t replicas) { share_among(replicas); },
               company_settings(parts_.around.rules, owner_)},
      requests_{life_->io().get_executor()} {
    submit_.use_tokens(parts_.tokens);
}

replica::~replica() { life_->end(); }

void replica::start() {
    auto sinks = std::vector<flows::served_sink>{};
    auto names = sinks_of(parts_.routes);
    names.emplace_back(std::string{core::callback_url_sink});
    for (auto const& name : names)
        sinks.push_back({connect_sink(name, *life_, parts_.around),
                         {.policy = parts_.around.rules.deliveries, .max_per_destination = 2}});
    dispatch_.use_sinks(std::move(sinks));
    company_.start();
    submit_.start();
    reconcile_.start();
    retain_.start();
    replay_.start();
    life_->run();
}

void replica::share_among(std::size_t replicas) {
    submit_.share_among(replicas);
    reconcile_.share_among(replicas);
    dispatch_.share_among(replicas);
}

void replica::stop() {
    submit_.stop_claiming();
    reconcile_.stop_claiming();
    dispatch_.stop_claiming();
    retain_.stop_claiming();
    replay_.stop_claiming();
    requests_.spawn("shut_down", shut_down());
    life_->run();
}

awaitable<void> replica::shut_down() {
    co_await flows::ignore_cancellation_errors();
    auto const until = deadline::at(deadline::clock::time_point::max());
    co_await submit_.finish(until);
    co_await reconcile_.finish(until);
    co_await dispatch_.finish(until);
    co_await retain_.finish();
    co_await replay_.finish();
    company_.stop();
    co_await company_.finish();
    auto const lost = lost_replay_after(parts_.around.rules);
    static_cast<void>(co_await store_->release_leases(owner_, lost, life_->now()));
    stopped_ = true;
}

void replica::accept(flows::submission_request request, accept_function answered) {
    requests_.spawn("accept", serve(std::move(request), std::move(answered)));
    life_->run();
}

awaitable<void> replica::serve(flows::submission_request request, accept_function answered) {
    auto const accepted = co_await submit_.accept(std::move(request));
    if (accepted)
        answered(*accepted);
    else
        answered(std::nullopt);
}

void replica::receive_callback(std::string segment, std::string body, provider_model::answer_function answered) {
    requests_.spawn("callback", serve_callback(std::move(segment), std::move(body), std::move(answered)));
    life_->run();
}

awaitable<void> replica::serve_callback(std::string segment, std::string body,
                                        provider_model::answer_function answered) {
    auto const named = parts_.tokens->verify(segment);
    auto status = 404;
    if (named) {
        auto const read = wire::read_task_report(body);
        auto const report = read ? std::optional{*read} : std::nullopt;
        auto const bytes = std::hash<std::string>{}(body);
        auto const trace = begin_trace(life_->now(), random_entropy(), random_entropy());
        auto const outcome = co_await intake_.receive(*named, std::move(body), "192.0.2.1", trace);
        parts_.around.book.callback_answered(*named, report, bytes, outcome);
        status = status_of(outcome);
    }
    auto const back = parts_.around.luck.between(0ms, 100ms);
    parts_.around.time.after(back, [answered = std::move(answered), status]() mutable { answered(status); });
}

}  // namespace voicehook::simulation
