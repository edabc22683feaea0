// voicehook-simulate: the command line of the deterministic simulation.
#include "campaign.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <thread>

int main(int argc, char** argv) {
    using namespace voicehook;
    auto plan = simulation::campaign_plan{.threads = std::max(1U, std::thread::hardware_concurrency())};
    auto replicas = std::size_t{};
    auto minutes = 0.0;
    auto seconds = 0.0;
    auto store = std::string{"memory"};

    auto app = CLI::App{"Plays the real flows against simulated provider, sinks, store faults and crashes."};
    app.add_option("--seed", plan.first_seed, "the first seed; alone it replays exactly that episode");
    app.add_option("--lives", plan.lives, "task lives to play, over as many seeds as that takes");
    app.add_option("--minutes", minutes, "stop after so many minutes");
    app.add_option("--seconds", seconds, "stop after so many seconds");
    app.add_option("--tasks", plan.tasks, "tasks per episode")->capture_default_str()->check(CLI::Range(1, 100000));
    auto* const given = app.add_option("--replicas", replicas, "replicas that share the store; default: by seed")
                            ->check(CLI::Range(1, 9));
    app.add_option("--threads", plan.threads, "episodes at the same time")->capture_default_str();
    app.add_option("--store", store, "the store below")
        ->capture_default_str()
        ->check(CLI::IsMember({"memory", "sqlite", "postgres"}));
    CLI11_PARSE(app, argc, argv);

    if (given->count() > 0) plan.replicas = replicas;
    plan.store = from_text<simulation::store_kind>(store).value();
    plan.longest = duration{static_cast<duration::rep>(minutes * 60'000 + seconds * 1000)};
    try {
        auto const report = simulation::run(plan);
        fmt::print("{}", simulation::describe(plan, report));
        return report.broken ? 1 : 0;
    } catch (std::exception const& why) {
        fmt::print(stderr, "simulate: {}\n", why.what());
        return 2;
    }
}
