#include "app/ops/summary_view.hpp"

#include "app/ops/phrases.hpp"
#include "app/ops/table.hpp"
#include "app/ops/terminal_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

namespace voicehook::app::ops {
namespace {

/// "name 3, other 4" of the members that are not 0; "none" when all are, "–" when there are none to look at.
std::string counts_of(json_part const& object) {
    if (!object.known()) return std::string{unknown_mark};
    auto out = std::string{};
    for (auto const& [name, number] : object.members())
        if (number.number() != 0.0)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", shown(name), count(number.number()));
    return out.empty() ? "none" : out;
}

std::string render_tasks(json_part const& summary, std::size_t width) {
    auto out = table{{{.title = "TASKS"},
                      {.title = "COUNT", .align = column::side::right},
                      {.title = "OLDEST", .align = column::side::right}}};
    for (auto const& [stage, item] : summary["tasks"].members())
        out.add({stage, count(item["count"].number()), span(item["oldest_age_seconds"].number())});
    return out.render(width);
}

std::string sink_note(json_part const& sink) {
    auto const health = sink["health"];
    auto notes = std::vector<std::string>{};
    if (sink["paused"].known()) notes.push_back("paused: " + text_or_dash(sink["paused"]));
    if (health["problem"].known()) notes.push_back("down: " + text_or_dash(health["problem"]));
    if (auto const ill = health["ill_destinations"].number().value_or(0); ill > 0)
        notes.push_back(counted(ill, "host is", "hosts are") + " down");
    if (sink["configured"].boolean() == false) notes.emplace_back("not configured");
    return fmt::format("{}", fmt::join(notes, ", "));
}

std::string render_sinks(json_part const& summary, instant now, std::size_t width) {
    auto const right = column::side::right;
    auto out = table{{{.title = "SINK", .gives_way = giving_way::cut},
                      {.title = "PENDING", .align = right},
                      {.title = "UNDER WAY", .align = right, .gives_way = giving_way::leave},
                      {.title = "DELIVERED", .align = right},
                      {.title = "PARKED", .align = right},
                      {.title = "DISCARDED", .align = right, .gives_way = giving_way::leave},
                      {.title = "OLDEST", .align = right},
                      {.title = "PAST DUE", .align = right},
                      {.title = "LINKS END", .gives_way = giving_way::leave},
                      {.title = "NOTE", .gives_way = giving_way::cut}}};
    for (auto const& [name, sink] : summary["deliveries"]["sinks"].members())
        out.add({name, count(sink["pending"].number()), count(sink["delivering"].number()),
                 count(sink["delivered"].number()), count(sink["parked"].number()), count(sink["discarded"].number()),
                 span(sink["oldest_waiting_age_seconds"].number()), span(sink["past_due_seconds"].number()),
                 when(sink["soonest_link_expiry"].moment(), now), sink_note(sink)});
    return out.empty() ? "" : "\n" + out.render(width);
}

std::string render_replicas(json_part const& summary, instant now, std::size_t width) {
    auto out = table{{{.title = "REPLICA", .gives_way = giving_way::cut},
                      {.title = "VERSION"},
                      {.title = "STARTED"},
                      {.title = "SEEN"},
                      {.title = ""}}};
    for (auto const& item : summary["replicas"].elements())
        out.add({text_or_dash(item["name"]), text_or_dash(item["version"]), when(item["started_at"].moment(), now),
                 when(item["seen_at"].moment(), now), item["self"].boolean() == true ? "this one" : ""});
    return out.empty() ? "" : "\n" + out.render(width);
}

std::string credits_of(json_part const& credits, instant now) {
    if (credits["unlimited"].boolean() == true) return "unlimited";
    auto const remaining = count(credits["remaining"].number());
    return credits["at"].moment() ? fmt::format("{} ({})", remaining, when(credits["at"].moment(), now)) : remaining;
}

std::string last_problem(json_part const& problem, instant now) {
    if (!problem.known()) return std::string{unknown_mark};
    return fmt::format("{}: {}, {}", text_or_dash(problem["operation"]),
                       problem["status"].text() ? text_or_dash(problem["status"]) : count(problem["status"].number()),
                       when(problem["at"].moment(), now));
}

std::string canary_of(json_part const& summary, instant now) {
    auto const canary = summary["canary"];
    if (!canary.known()) return std::string{unknown_mark};
    auto const ok = canary["ok"].boolean();
    auto const milliseconds = canary["latency_ms"].number();
    return fmt::format("{}, {}, {}",
                       !ok   ? unknown_mark
                       : *ok ? "came back"
                             : "FAILED",
                       when(canary["last_at"].moment(), now),
                       milliseconds ? count(milliseconds) + " ms" : std::string{unknown_mark});
}

/// Names and values, the names aligned.
std::string render_facts(std::vector<std::pair<std::string, std::string>> const& facts, std::size_t width) {
    auto out = std::string{"\n"};
    constexpr std::size_t name_columns = 15;
    for (auto const& [name, value] : facts) {
        auto const line = fmt::format("{:<{}} {}", name, name_columns, value);
        out += (width == 0 ? line : cut(line, width)) + "\n";
    }
    return out;
}

std::string render_rest(json_part const& summary, instant now, std::size_t width) {
    auto const provider = summary["provider"];
    auto facts = std::vector<std::pair<std::string, std::string>>{
        {"accepted",
         fmt::format("{}, retired {}", count(summary["accepted"].number()), count(summary["retired"].number()))},
        {"unrouted", count(summary["unrouted"].number())},
        {"results by", counts_of(summary["results"])},
        {"found by query", share(summary["recovered_by_query_share"].number())},
        {"open tasks of", counts_of(summary["open_by_caller"])},
        {"provider", fmt::format("{} under way, last answer {}", count(provider["in_flight"].number()),
                                 when(provider["last_answer_at"].moment(), now))},
        {"last problem", last_problem(provider["last_problem"], now)},
        {"credits", credits_of(provider["credits"], now)},
        {"callbacks", counts_of(summary["intake"]["callbacks"])},
        {"canary", canary_of(summary, now)},
        {"store", bytes(summary["store_bytes"].number())}};
    for (auto const& [listener, reasons] : summary["intake"]["rejected"].members())
        facts.emplace_back("refused", fmt::format("{}: {}", shown(listener), counts_of(reasons)));
    return render_facts(facts, width);
}

}  // namespace

std::string render_summary(json_part const& summary, instant now, std::size_t width) {
    return render_verdict(concerns_of(summary, now)) + "\n" + render_tasks(summary, width) +
           render_sinks(summary, now, width) + render_rest(summary, now, width) + render_replicas(summary, now, width);
}

}  // namespace voicehook::app::ops
