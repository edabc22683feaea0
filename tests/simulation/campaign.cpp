#include "campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <ranges>
#include <thread>
#include <vector>

namespace voicehook::simulation {
namespace {

using steady = std::chrono::steady_clock;

/// Of a failure: a broken sum is nobody's in particular, so that its events are everybody's.
constexpr std::size_t most_lines = 400;

telemetry::metric_labels labels() { return {.sinks = {"results", "archive"}}; }

class campaign {
public:
    explicit campaign(campaign_plan const& plan) : plan_{plan}, next_{plan.first_seed} {}

    campaign_report run() {
        {
            auto kept = std::vector<std::unique_ptr<storage>>{};
            while (kept.size() < plan_.threads) kept.push_back(make_storage(plan_.store, kept.size()));
            auto threads = std::vector<std::jthread>{};
            for (auto const& each : kept) threads.emplace_back([this, &each] { work(*each); });
        }
        report_.seconds = seconds();
        if (report_.broken) report_.broken = replay(report_.broken->seed);
        return report_;
    }

private:
    double seconds() const { return std::chrono::duration<double>(steady::now() - began_).count(); }

    bool over() {
        auto const late = plan_.longest > duration::zero() && steady::now() - began_ >= plan_.longest;
        auto const done = plan_.lives > 0 && report_.lives >= plan_.lives;
        auto const single = plan_.lives == 0 && plan_.longest == duration::zero() && report_.episodes > 0;
        return report_.broken || late || done || single;
    }

    void work(storage& kept) {
        auto metrics = telemetry::metrics{labels(), "simulation"};
        for (;;) {
            auto seed = std::uint64_t{};
            {
                auto const lock = std::scoped_lock{mutex_};
                if (over() || (is_single() && next_ != plan_.first_seed)) return;
                seed = next_++;
            }
            auto const played = play(plan_of(seed), trace::mode::off, metrics, kept);
            auto const lock = std::scoped_lock{mutex_};
            add(played);
        }
    }

    bool is_single() const { return plan_.lives == 0 && plan_.longest == duration::zero(); }

    void add(episode_report const& played) {
        ++report_.episodes;
        report_.lives += played.lives;
        report_.replica_lives += played.replica_lives;
        report_.creates += played.creates;
        report_.deliveries += played.deliveries;
        report_.replays += played.replays;
        report_.replayed += played.replayed;
        report_.copies += played.copies;
        report_.acknowledged += played.acknowledged;
        report_.steps += played.steps;
        report_.fingerprint ^= played.fingerprint;
        for (auto const& [what, name] : names_of<fault>) report_.happened[what] += played.happened[what];
        auto const lower = !report_.broken || played.seed < report_.broken->seed;
        if (played.broken && lower) report_.broken = played;
        auto const now = steady::now();
        if (now - shown_ < 2s || is_single()) return;
        shown_ = now;
        fmt::print(stderr, "simulate: {} task lives in {:.0f} s ({:.0f} per minute), seed {}\n", report_.lives,
                   seconds(), static_cast<double>(report_.lives) / seconds() * 60, next_);
    }

    episode_report replay(std::uint64_t seed) {
        auto const kept = make_storage(plan_.store);
        auto metrics = telemetry::metrics{labels(), "simulation"};
        return play(plan_of(seed), trace::mode::on, metrics, *kept);
    }

    episode_plan plan_of(std::uint64_t seed) const { return draw_plan(seed, plan_.tasks, plan_.replicas, plan_.store); }

    campaign_plan const& plan_;
    std::mutex mutex_;
    std::uint64_t next_;
    campaign_report report_;
    steady::time_point began_{steady::now()};
    steady::time_point shown_{began_};
};

std::string describe_failure(campaign_plan const& plan, episode_report const& failed) {
    if (!failed.broken) return fmt::format("seed {} failed, but not when it was replayed\n", failed.seed);
    auto text = std::string{};
    auto const skipped = failed.lines.size() - std::min(failed.lines.size(), most_lines);
    if (skipped > 0) text += fmt::format("  … {} earlier events\n", skipped);
    for (auto const& line : failed.lines | std::views::drop(skipped)) text += "  " + line + "\n";
    auto const replicas = plan.replicas ? fmt::format(" --replicas {}", *plan.replicas) : std::string{};
    auto const tasks = plan.tasks == campaign_plan{}.tasks ? std::string{} : fmt::format(" --tasks {}", plan.tasks);
    auto const store =
        plan.store == store_kind::memory ? std::string{} : fmt::format(" --store {}", to_text(plan.store));
    text += fmt::format("VIOLATED: {}\n  task: {}\n  {}\n  replay: ./dev simulate --seed {}{}{}{}\n",
                        failed.broken->invariant, failed.broken->task.value(), failed.broken->detail, failed.seed,
                        store, replicas, tasks);
    return text;
}

}  // namespace

campaign_report run(campaign_plan const& plan) { return campaign{plan}.run(); }

std::string describe(campaign_plan const& plan, campaign_report const& report) {
    auto text = fmt::format(
        "{} task lives in {} episodes and {} process lives, {} steps, {:.1f} s: {:.0f} lives per minute\n"
        "{} voices created, {} callbacks acknowledged, {} deliveries, {} copies at sinks\n"
        "{} deliveries made due by {} replays; fingerprint {:016x}\n",
        report.lives, report.episodes, report.replica_lives, report.steps, report.seconds,
        static_cast<double>(report.lives) / report.seconds * 60, report.creates, report.acknowledged, report.deliveries,
        report.copies, report.replayed, report.replays, report.fingerprint);
    auto column = 0;
    for (auto const& [what, name] : names_of<fault>)
        text += fmt::format("{:<22}{:>9}{}", name, report.happened[what], ++column % 3 == 0 ? "\n" : "   ");
    if (column % 3 != 0) text += "\n";
    if (report.broken)
        text += describe_failure(plan, *report.broken);
    else
        text += "every invariant held\n";
    return text;
}

}  // namespace voicehook::simulation
