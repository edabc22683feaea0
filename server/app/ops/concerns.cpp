#include "app/ops/phrases.hpp"
#include "app/ops/summary_view.hpp"
#include "app/ops/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace voicehook::app::ops {
namespace {

/// Links to results that live no longer than this are worth a word.
constexpr auto links_soon_over = 4h;

using kind = concern::kind;

double number_or_zero(json_part const& value) { return value.number().value_or(0); }

void check_conservation(json_part const& summary, std::vector<concern>& out) {
    auto const conservation = summary["conservation"];
    auto const kept = conservation["ok"].boolean();
    if (!kept) out.push_back({kind::unknown, "the service does not tell whether anything is lost"});
    if (!kept || *kept) return;
    auto violations = std::string{};
    for (auto const& item : conservation["violations"].elements())
        violations += (violations.empty() ? "" : "; ") + text_or_dash(item);
    out.push_back({kind::lost, "the counters contradict each other: " + violations});
}

void check_past_due(json_part const& summary, std::vector<concern>& out) {
    auto const past_due = summary["past_due"];
    if (!past_due.known()) out.push_back({kind::unknown, "the service does not tell what is past due"});
    for (auto const& [what, member] :
         {std::pair{"submissions", "submissions_seconds"}, std::pair{"queries", "queries_seconds"}})
        if (auto const seconds = past_due[member].number(); seconds)
            out.push_back({kind::late, fmt::format("{} have been due for {}", what, span(seconds))});
}

std::string causes_of(json_part const& sink) {
    auto out = std::string{};
    for (auto const& [cause, number] : sink["parked_by_cause"].members())
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", shown(cause), count(number.number()));
    return out.empty() ? "" : ": " + out;
}

void check_sink(std::string const& name, json_part const& sink, std::vector<concern>& out) {
    if (auto const parked = number_or_zero(sink["parked"]); parked > 0)
        out.push_back({kind::waiting, fmt::format("{} for {} {} parked{}", counted(parked, "delivery", "deliveries"),
                                                  name, parked == 1 ? "is" : "are", causes_of(sink))});
    if (sink["paused"].known())
        out.push_back({kind::waiting, fmt::format("{} is paused: {}", name, text_or_dash(sink["paused"]))});
    if (sink["health"]["problem"].known())
        out.push_back({kind::unwell, fmt::format("{} is down: {}", name, text_or_dash(sink["health"]["problem"]))});
    if (auto const seconds = sink["past_due_seconds"].number(); seconds)
        out.push_back({kind::late, fmt::format("deliveries to {} have been due for {}", name, span(seconds))});
}

void check_links(json_part const& summary, instant now, std::vector<concern>& out) {
    auto const over = summary["soonest_link_expiry"].moment();
    if (!over || *over - now > links_soon_over) return;
    out.push_back({kind::late, *over <= now ? "links in results that wait are over"
                                            : fmt::format("links in results that wait end {}", when(over, now))});
}

void check_tasks(json_part const& summary, std::vector<concern>& out) {
    auto const unknown = summary["tasks"]["unknown"];
    if (auto const tasks = number_or_zero(unknown["count"]); tasks > 0)
        out.push_back(
            {kind::waiting, fmt::format("of {} it is not known whether the provider has {}, the oldest for {}",
                                        counted(tasks, "task", "tasks"), tasks == 1 ? "it" : "them",
                                        span(unknown["oldest_age_seconds"].number()))});
    if (auto const disputed = number_or_zero(summary["disputed"]); disputed > 0)
        out.push_back({kind::waiting, fmt::format("{} results that contradict each other",
                                                  counted(disputed, "task has", "tasks have"))});
}

void check_health(json_part const& summary, std::vector<concern>& out) {
    if (summary["ready"].boolean() == false)
        out.push_back({kind::unwell, "the service is not ready: callbacks and callers get 503"});
    if (summary["canary"]["ok"].boolean() == false)
        out.push_back({kind::unwell, fmt::format("the canary's last task did not come back ({} failures)",
                                                 count(summary["canary"]["failures"].number()))});
    auto const credits = summary["provider"]["credits"];
    auto const remaining = credits["remaining"].number();
    if (remaining && *remaining <= 0 && credits["unlimited"].boolean() != true)
        out.push_back({kind::unwell, "the provider's credits are used up"});
}

bool has(std::vector<concern> const& concerns, kind what) {
    return std::ranges::find(concerns, what, &concern::what) != concerns.end();
}

}  // namespace

std::vector<concern> concerns_of(json_part const& summary, instant now) {
    auto out = std::vector<concern>{};
    check_conservation(summary, out);
    check_past_due(summary, out);
    check_tasks(summary, out);
    for (auto const& [name, sink] : summary["deliveries"]["sinks"].members()) check_sink(shown(name), sink, out);
    check_links(summary, now, out);
    check_health(summary, out);
    return out;
}

std::string render_verdict(std::vector<concern> const& concerns) {
    if (concerns.empty()) return "Nothing is late, nothing is lost.\n";
    auto sentence = std::string{};
    auto const add = [&](kind what, std::string_view words) {
        if (has(concerns, what)) sentence += fmt::format("{}{}", sentence.empty() ? "" : "; ", words);
    };
    add(kind::lost, "something is LOST or made up");
    add(kind::late, "something is LATE");
    add(kind::waiting, "something waits for you");
    add(kind::unwell, "something does not work");
    add(kind::unknown, "something is not known");
    if (!has(concerns, kind::lost) && !has(concerns, kind::unknown)) sentence += "; nothing is lost";
    sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
    auto out = sentence + ".\n";
    for (auto const& item : concerns) out += fmt::format("  - {}\n", shown(item.text));
    return out;
}

}  // namespace voicehook::app::ops
