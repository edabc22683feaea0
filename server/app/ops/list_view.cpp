#include "app/ops/list_view.hpp"

#include "app/ops/phrases.hpp"

#include <fmt/format.h>

#include <string>

namespace voicehook::app::ops {
namespace {

constexpr auto right = column::side::right;

/// What makes a task worth a second look.
std::string task_note(json_part const& line) {
    auto note = std::string{};
    auto const add = [&](std::string const& words) { note += (note.empty() ? "" : ", ") + words; };
    if (line["overdue"].boolean() == true) add("OVERDUE");
    if (auto const dispute = line["dispute"].text(); dispute && !dispute->empty() && *dispute != "none") add(*dispute);
    if (auto const problem = line["last_problem"].text(); problem && !problem->empty()) add(*problem);
    return note;
}

/// "12 of 400 (3 %)".
std::string how_far(json_part const& replay) {
    auto const done = replay["replayed"].number();
    auto const total = replay["total"].number();
    auto out = fmt::format("{} of {}", count(done), count(total));
    if (done && total && *total > 0) out += fmt::format(" ({:.0f} %)", *done * 100 / *total);
    return out;
}

}  // namespace

table tasks_table(std::vector<json_part> const& lines, instant now) {
    auto out = table{{{.title = "TASK"},
                      {.title = "STAGE"},
                      {.title = "STATUS"},
                      {.title = "AGE", .align = right},
                      {.title = "CALLER", .gives_way = giving_way::cut},
                      {.title = "NOTE", .gives_way = giving_way::cut},
                      {.title = "PROVIDER'S ID", .gives_way = giving_way::leave}}};
    for (auto const& line : lines)
        out.add({text_or_dash(line["id"]), text_or_dash(line["stage"]), text_or_dash(line["status"]),
                 age(line["created_at"].moment(), now), text_or_dash(line["caller"]), task_note(line),
                 text_or_dash(line["provider_task_id"])});
    return out;
}

table deliveries_table(std::vector<json_part> const& lines, instant now) {
    auto out = table{{{.title = "DELIVERY"},
                      {.title = "SINK", .gives_way = giving_way::cut},
                      {.title = "STATE"},
                      {.title = "TRIES", .align = right},
                      {.title = "AGE", .align = right},
                      {.title = "NEXT TRY", .gives_way = giving_way::leave},
                      {.title = "CAUSE", .gives_way = giving_way::leave},
                      {.title = "LAST ANSWER", .gives_way = giving_way::cut},
                      {.title = "TASK", .gives_way = giving_way::leave}}};
    for (auto const& line : lines) {
        auto const waits = line["state"].text() == "pending";
        out.add({text_or_dash(line["id"]), text_or_dash(line["sink"]), text_or_dash(line["state"]),
                 count(line["attempts"].number()), age(line["created_at"].moment(), now),
                 waits ? when(line["due_at"].moment(), now) : std::string{unknown_mark}, text_or_dash(line["cause"]),
                 text_or_dash(line["last_answer"]), text_or_dash(line["task"])});
    }
    return out;
}

table parked_table(json_part const& summary) {
    auto out = table{{{.title = "SINK", .gives_way = giving_way::cut},
                      {.title = "CAUSE"},
                      {.title = "PARKED", .align = right},
                      {.title = "OLDEST", .align = right}}};
    for (auto const& [name, sink] : summary["deliveries"]["sinks"].members()) {
        auto oldest = span(sink["oldest_parked_age_seconds"].number());
        for (auto const& [cause, number] : sink["parked_by_cause"].members()) {
            if (number.number() == 0.0) continue;
            out.add({name, cause, count(number.number()), oldest});
            oldest = "";
        }
    }
    return out;
}

table replays_table(std::vector<json_part> const& lines, instant now) {
    auto out = table{{{.title = "REPLAY"},
                      {.title = "STATE"},
                      {.title = "REPLAYED", .align = right},
                      {.title = "STARTED"},
                      {.title = "SINK", .gives_way = giving_way::cut},
                      {.title = "CAUSE", .gives_way = giving_way::leave},
                      {.title = "WHO", .gives_way = giving_way::cut},
                      {.title = "REASON", .gives_way = giving_way::cut}}};
    for (auto const& line : lines)
        out.add({text_or_dash(line["id"]), text_or_dash(line["state"]), how_far(line),
                 when(line["started_at"].moment(), now), line["sink"].known() ? text_or_dash(line["sink"]) : "every",
                 line["cause"].known() ? text_or_dash(line["cause"]) : "every", text_or_dash(line["who"]),
                 text_or_dash(line["reason"])});
    return out;
}

table actions_table(std::vector<json_part> const& lines, instant now) {
    auto out = table{{{.title = "WHEN"},
                      {.title = "WHO", .gives_way = giving_way::cut},
                      {.title = "WHAT"},
                      {.title = "SUBJECT"},
                      {.title = "REASON", .gives_way = giving_way::cut}}};
    for (auto const& line : lines)
        out.add({when(line["at"].moment(), now), text_or_dash(line["who"]), text_or_dash(line["what"]),
                 text_or_dash(line["subject"]), text_or_dash(line["reason"])});
    return out;
}

}  // namespace voicehook::app::ops
