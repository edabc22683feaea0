#include "app/ops/task_view.hpp"

#include "app/ops/list_view.hpp"
#include "app/ops/phrases.hpp"
#include "app/ops/terminal_text.hpp"
#include "core/delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::app::ops {
namespace {

using facts = std::vector<std::pair<std::string_view, std::string>>;

std::string fit(std::string line, std::size_t width) {
    return (width == 0 ? std::move(line) : cut(line, width)) + "\n";
}

std::string counters_of(json_part const& history) {
    return fmt::format("{} submitted, {} asked for", count(history["submissions"].number()),
                       count(history["queries"].number()));
}

std::string next_step(json_part const& history, instant now) {
    auto const due = history["due_at"].moment();
    if (!due) return "nothing is due";
    auto const what = history["due_kind"].text();
    auto const late = *due < now ? "due since " + clock_time(due) : when(due, now);
    return what ? fmt::format("{} {}", shown(*what), late) : late;
}

facts facts_of(json_part const& history, instant now) {
    auto const shown_task = history["task"];
    auto const id = history["id"].known() ? history["id"] : shown_task["id"];
    auto const status = history["status"].known() ? history["status"] : shown_task["status"];
    auto out = facts{
        {"task", text_or_dash(id)},
        {"provider's id", text_or_dash(history["provider_task_id"])},
        {"caller", text_or_dash(history["caller"])},
        {"stage", fmt::format("{}, {}", text_or_dash(history["stage"]), text_or_dash(status))},
        {"created",
         fmt::format("{} ({})", clock_time(history["created_at"].moment()), when(history["created_at"].moment(), now))},
        {"ended", history["ended_at"].moment() ? fmt::format("{} ({})", clock_time(history["ended_at"].moment()),
                                                             when(history["ended_at"].moment(), now))
                                               : std::string{unknown_mark}},
        {"next", next_step(history, now)},
        {"counters", counters_of(history)},
        {"last problem", text_or_dash(history["last_problem"])},
        {"request id", text_or_dash(history["request_id"])},
        {"trace id", text_or_dash(history["trace_id"])}};
    if (history["idempotency_key"].known()) out.emplace_back("caller's key", text_or_dash(history["idempotency_key"]));
    if (history["overdue"].boolean() == true) out.emplace_back("OVERDUE", "nothing will move it but you");
    if (auto const dispute = history["dispute"].text(); dispute && *dispute != "none" && !dispute->empty())
        out.emplace_back("DISPUTE", shown(*dispute));
    return out;
}

std::string render_facts(facts const& all, std::size_t width) {
    auto out = std::string{};
    for (auto const& [name, value] : all) out += fit(fmt::format("{:<14} {}", name, value), width);
    return out;
}

/// "+0.4 s", "+3 min" after the step before.
std::string since(std::optional<instant> before, std::optional<instant> at) {
    if (!before || !at) return "";
    auto const seconds = std::chrono::duration<double>(*at - *before).count();
    if (seconds < 10) return fmt::format("+{:.1f} s", std::max(0.0, seconds));
    return "+" + span(seconds);
}

std::string render_timeline(json_part const& history, std::size_t width) {
    auto out = table{{{.title = "TIME (UTC)"},
                      {.title = "AFTER", .align = column::side::right},
                      {.title = "WHAT"},
                      {.title = "DETAIL", .gives_way = giving_way::cut}}};
    auto before = std::optional<instant>{};
    for (auto const& entry : history["timeline"].elements()) {
        auto const at = entry["at"].moment();
        out.add({clock_time(at), since(before, at), text_or_dash(entry["kind"]), entry["detail"].text().value_or("")});
        before = at;
    }
    return out.empty() ? "\nThe timeline is not known.\n" : "\n" + out.render(width);
}

std::string next_attempt(json_part const& item, instant now) {
    auto const due = item["due_at"].moment();
    return fmt::format("{}: next attempt {}{}, after {}; last answer: {}", text_or_dash(item["sink"]),
                       due && *due < now ? "was due " : "", when(due, now), count(item["attempts"].number()),
                       text_or_dash(item["last_answer"]));
}

/// What waits and what was kept, in words: a narrow table leaves both out. A file's line is never cut: its path and
/// digest are there to be copied.
std::string in_words(std::vector<json_part> const& deliveries, instant now, std::size_t width) {
    auto out = std::string{};
    for (auto const& item : deliveries) {
        auto const state = item["state"].text();
        if (state == "pending") out += fit(next_attempt(item, now), width);
        if (state == "delivered" && item["sink"].text() == core::artifact_sink)
            out += fmt::format("kept: {}\n", text_or_dash(item["last_answer"]));
    }
    return out;
}

std::string render_deliveries(json_part const& history, instant now, std::size_t width) {
    auto const deliveries = history["deliveries"].elements();
    if (deliveries.empty())
        return history["ended_at"].moment() ? "\nNothing is delivered: no sink takes its result.\n"
                                            : "\nNothing was delivered yet: it has not ended.\n";
    return "\n" + deliveries_table(deliveries, now).render(width) + in_words(deliveries, now, width);
}

/// A body under its title, every line of it indented.
std::string render_body(std::string_view title, json_part const& body) {
    auto const text = body.text();
    if (!text || text->empty()) return "";
    auto out = fmt::format("\n{}:\n", shown(title));
    auto const clean = shown_lines(*text);
    auto rest = std::string_view{clean};
    while (!rest.empty()) {
        auto const end = std::min(rest.find('\n'), rest.size());
        out += fmt::format("    {}\n", rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

std::string render_bodies(json_part const& history) {
    auto out = render_body("What was submitted", history["submit_body"]);
    for (auto const& entry : history["timeline"].elements())
        out += render_body(fmt::format("{} at {}", text_or_dash(entry["kind"]), clock_time(entry["at"].moment())),
                           entry["body"]);
    out += render_body("The provider's result", history["provider_body"]);
    for (auto const& item : history["deliveries"].elements())
        out += render_body(fmt::format("What {} gets", text_or_dash(item["sink"])), item["body"]);
    return out.empty() ? "\nThe service tells no bodies.\n" : out;
}

}  // namespace

std::string render_task(json_part const& history, task_extras extras, instant now, std::size_t width) {
    auto out = render_facts(facts_of(history, now), width) + render_timeline(history, width) +
               render_deliveries(history, now, width);
    if (extras.bodies) out += render_bodies(history);
    if (extras.curl) {
        auto const request = render_body("The request again", history["curl"]);
        out += request.empty() ? "\nThe service tells no curl command.\n" : request;
    }
    return out;
}

}  // namespace voicehook::app::ops
