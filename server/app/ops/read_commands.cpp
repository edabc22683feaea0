#include "app/ops/read_commands.hpp"

#include "app/commands.hpp"
#include "app/ops/list_view.hpp"
#include "app/ops/pages.hpp"
#include "app/ops/summary_view.hpp"
#include "base/encoding.hpp"
#include "base/units.hpp"

#include <fmt/format.h>

namespace voicehook::app::ops {
namespace {

constexpr auto time_for_an_audit = 10min;

question summary_question(summary_wish const& wish) {
    auto what = question{.path = "/ops/v1/summary"};
    if (!wish.audit) return what;
    what.path += "?audit=deep";
    what.limit = time_for_an_audit;
    return what;
}

list_request deliveries_request(deliveries_wish const& wish, std::string nothing) {
    return {.path = "/ops/v1/deliveries",
            .filters = {{"state", wish.state}, {"sink", wish.sink}, {"cause", wish.cause}},
            .nothing = std::move(nothing),
            .table_of = deliveries_table};
}

int refuse_moment(conversation& with, std::string_view option) {
    with.terminal.complain(fmt::format(
        "voicehook: {}: must be a time like 2026-04-02T10:00:00Z, or an age like 90s, 15m, 2h or 3d\n", option));
    return exit_refused;
}

}  // namespace

std::optional<std::string> read_moment(std::string const& text, instant now) {
    if (text.empty()) return text;
    if (auto const age = parse_duration(text)) return to_rfc3339(now - *age);
    auto const moment = parse_rfc3339(text);
    return moment ? std::optional{to_rfc3339(*moment)} : std::nullopt;
}

int show_summary(conversation& with, summary_wish const& wish) {
    auto const body = ask(with, summary_question(wish));
    if (!body) return body.error();
    auto const summary = json_part{*body};
    auto const now = summary["at"].moment().value_or(with.terminal.now());
    if (with.for_programs())
        with.terminal.document(*body);
    else
        with.terminal.print(render_summary(summary, now, with.terminal.width()));
    return wish.check && !concerns_of(summary, now).empty() ? exit_attention : exit_ok;
}

int list_tasks(conversation& with, tasks_wish const& wish) {
    auto const now = with.terminal.now();
    auto const after = read_moment(wish.created_after, now);
    if (!after) return refuse_moment(with, "--created-after");
    auto const before = read_moment(wish.created_before, now);
    if (!before) return refuse_moment(with, "--created-before");
    return print_list(with,
                      {.path = "/ops/v1/tasks",
                       .filters = {{"q", wish.any_id},
                                   {"caller", wish.caller},
                                   {"status", wish.status},
                                   {"stage", wish.stage},
                                   {"created_after", *after},
                                   {"created_before", *before}},
                       .nothing = wish.any_id.empty() ? "No task is like that." : "No task has this id.",
                       .table_of = tasks_table,
                       .exit_when_empty = wish.any_id.empty() ? exit_ok : exit_not_found},
                      wish.list);
}

int show_task(conversation& with, std::string const& id, task_extras extras) {
    auto const body = ask(with, {.path = "/ops/v1/tasks/" + percent_encode(id)});
    if (!body) return body.error();
    if (with.for_programs())
        with.terminal.document(*body);
    else
        with.terminal.print(render_task(json_part{*body}, extras, with.terminal.now(), with.terminal.width()));
    return exit_ok;
}

int list_deliveries(conversation& with, deliveries_wish const& wish) {
    return print_list(with, deliveries_request(wish, "No delivery is like that."), wish.list);
}

int list_parked(conversation& with, deliveries_wish const& wish) {
    if (!with.for_programs()) {
        auto const body = ask(with, summary_question({}));
        if (!body) return body.error();
        auto const totals = parked_table(json_part{*body});
        if (!totals.empty()) with.terminal.print(totals.render(with.terminal.width()) + "\n");
    }
    auto parked = wish;
    parked.state = "parked";
    auto const everything = wish.sink.empty() && wish.cause.empty();
    return print_list(with,
                      deliveries_request(parked, everything ? "Nothing is parked." : "Nothing like that is parked."),
                      wish.list);
}

int show_replays(conversation& with, std::string const& id, list_wish const& wish) {
    if (id.empty())
        return print_list(with,
                          {.path = "/ops/v1/replays",
                           .filters = {},
                           .nothing = "Nothing was ever replayed in bulk.",
                           .table_of = replays_table},
                          wish);
    auto const body = ask(with, {.path = "/ops/v1/replays/" + percent_encode(id)});
    if (!body) return body.error();
    if (with.for_programs())
        with.terminal.document(*body);
    else
        with.terminal.print(replays_table({json_part{*body}}, with.terminal.now()).render(with.terminal.width()));
    return exit_ok;
}

int list_actions(conversation& with, list_wish const& wish) {
    return print_list(with,
                      {.path = "/ops/v1/actions",
                       .filters = {},
                       .nothing = "No operator has done anything yet.",
                       .table_of = actions_table},
                      wish);
}

}  // namespace voicehook::app::ops
