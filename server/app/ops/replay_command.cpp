#include "app/ops/replay_command.hpp"

#include "app/commands.hpp"
#include "app/ops/phrases.hpp"
#include "app/ops/read_commands.hpp"
#include "app/ops/terminal_text.hpp"
#include "base/encoding.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <expected>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::app::ops {
namespace {

constexpr auto time_to_count = 2min;
constexpr auto between_looks = 1s;
constexpr auto path = "/ops/v1/replays";

/// What is to be replayed, its ages turned into times once: the dry run and the run mean the same.
struct selection {
    std::string sink, cause, created_after, created_before, reason;

    [[nodiscard]] wire::object_writer body() const {
        wire::object_writer out;
        if (!sink.empty()) out.text("sink", sink);
        if (!cause.empty()) out.text("cause", cause);
        if (!created_after.empty()) out.text("created_after", created_after);
        if (!created_before.empty()) out.text("created_before", created_before);
        out.text("reason", reason);
        return out;
    }
};

std::optional<selection> select(conversation& with, replay_wish const& wish) {
    auto const after = read_moment(wish.created_after, with.terminal.now());
    auto const before = read_moment(wish.created_before, with.terminal.now());
    if (after && before) return selection{wish.sink, wish.cause, *after, *before, wish.reason};
    with.terminal.complain(
        fmt::format("voicehook: {}: must be a time like 2026-04-02T10:00:00Z, or an age like 90s, 15m, 2h or 3d\n",
                    after ? "--created-before" : "--created-after"));
    return std::nullopt;
}

std::string describe(json_part const& dry_run, instant now) {
    auto sinks = std::string{};
    for (auto const& [name, number] : dry_run["sinks"].members())
        sinks += fmt::format("{}{} {}", sinks.empty() ? ": " : ", ", shown(name), count(number.number()));
    return fmt::format(
        "{} would be delivered again{}.\nThe oldest was made {}. It takes about {}, at {} a second for each sink.\n",
        counted(dry_run["count"].number().value_or(0), "parked delivery", "parked deliveries"), sinks,
        when(dry_run["oldest_created_at"].moment(), now), span(dry_run["estimated_seconds"].number()),
        count(dry_run["per_second"].number()));
}

/// Whether somebody agrees; says why not.
bool is_confirmed(conversation& with, replay_wish const& wish) {
    if (wish.confirmed) return true;
    auto const reply = with.terminal.ask("Deliver them again? [y/N] ");
    if (!reply) {
        with.terminal.complain("voicehook: nothing was done: there is nobody to ask here; --yes starts it\n");
        return false;
    }
    if (*reply == "y" || *reply == "Y" || *reply == "yes") return true;
    with.terminal.complain("Nothing was done.\n");
    return false;
}

std::string how_far(json_part const& replay) {
    auto const left = replay["estimated_seconds"].number();
    return fmt::format("{} of {} replayed{}", count(replay["replayed"].number()), count(replay["total"].number()),
                       left ? ", about " + span(left) + " left" : "");
}

/// The first and the others: there is one for each sink.
std::vector<std::string> ids_of(json_part const& started) {
    auto ids = std::vector{started["id"].text().value_or("")};
    for (auto const& other : started["others"].elements()) ids.push_back(other.text().value_or(""));
    return ids;
}

std::string how_to_go_on(std::vector<std::string> const& ids) {
    auto out = std::string{};
    for (auto const& id : ids)
        out += fmt::format(
            "It goes on by itself: `voicehook ops replays {0}` shows it, `voicehook ops replay --cancel {0}` stops "
            "it.\n",
            shown(id));
    return out;
}

question look_at(std::string const& id) { return {.path = fmt::format("{}/{}", path, percent_encode(id))}; }

bool is_running(std::string const& body) { return json_part{body}["state"].text() == "running"; }

/// Asks after one until it does not run any more.
std::expected<std::string, int> wait_for(conversation& with, std::string const& id) {
    auto body = ask(with, look_at(id));
    while (body && is_running(*body)) {
        with.terminal.progress(how_far(json_part{*body}));
        body = with.api.pause(between_looks) ? ask(with, look_at(id)) : std::unexpected{exit_interrupted};
    }
    return body;
}

std::string describe_end(std::string const& body) {
    auto const replay = json_part{body};
    auto const sink = replay["sink"].known() ? text_or_dash(replay["sink"]) + ": " : std::string{};
    auto const state = replay["state"].text() == "done" ? "done" : "it was " + text_or_dash(replay["state"]);
    return fmt::format("{}{}, {}.\n", sink, state, how_far(replay));
}

/// One is the API's own object; several are a list of the API's form.
void print_end(conversation& with, std::vector<std::string> const& bodies) {
    if (!with.for_programs()) {
        for (auto const& body : bodies) with.terminal.print(describe_end(body));
        return;
    }
    with.terminal.document(bodies.size() == 1
                               ? bodies.front()
                               : fmt::format("{{\"data\":[{}],\"next_cursor\":null}}", fmt::join(bodies, ",")));
}

int watch(conversation& with, std::vector<std::string> const& ids) {
    auto bodies = std::vector<std::string>{};
    auto code = exit_ok;
    with.api.heed_interrupts();
    for (auto const& id : ids) {
        auto ended = wait_for(with, id);
        if (!ended) {
            with.terminal.complain(how_to_go_on(ids));
            return ended.error();
        }
        if (json_part{*ended}["state"].text() != "done") code = exit_failed;
        bodies.push_back(std::move(*ended));
    }
    with.terminal.end_progress();
    print_end(with, bodies);
    return code;
}

int start(conversation& with, selection const& what, replay_wish const& wish, double agreed) {
    auto order = what.body();
    order.boolean("dry_run", false).number("expected", static_cast<long long>(agreed));
    auto started =
        ask(with, {.method = "POST", .path = path, .body = std::move(order).finish(), .limit = time_to_count});
    if (!started) {
        if (started.error() == exit_conflict)
            with.terminal.complain("Nothing was done: look again at what it would be now.\n");
        return started.error();
    }
    auto const ids = ids_of(json_part{*started});
    if (wish.waiting == wait_for_end::yes) return watch(with, ids);
    if (with.for_programs()) {
        with.terminal.document(*started);
        return exit_ok;
    }
    for (auto const& id : ids)
        with.terminal.print(fmt::format("Replay {0} runs: `voicehook ops replays {0}` shows it.\n", shown(id)));
    return exit_ok;
}

}  // namespace

int replay(conversation& with, replay_wish const& wish) {
    if (wish.reason.empty()) {
        with.terminal.complain("voicehook: --reason is required: it stands in the record of actions\n");
        return exit_refused;
    }
    auto const what = select(with, wish);
    if (!what) return exit_refused;
    auto order = what->body();
    order.boolean("dry_run", true);
    auto const dry_run =
        ask(with, {.method = "POST", .path = path, .body = std::move(order).finish(), .limit = time_to_count});
    if (!dry_run) return dry_run.error();
    auto const found = json_part{*dry_run}["count"].number();
    if (!found) {
        with.terminal.complain("voicehook: the dry run does not say how many: nothing was done\n");
        return exit_failed;
    }
    auto const words =
        *found == 0 ? "Nothing like that is parked.\n" : describe(json_part{*dry_run}, with.terminal.now());
    if (!with.for_programs())
        with.terminal.print(words);
    else if (!wish.confirmed)
        with.terminal.complain(words);
    if (*found > 0 && is_confirmed(with, wish)) return start(with, *what, wish, *found);
    if (with.for_programs()) with.terminal.document(*dry_run);
    return *found > 0 ? exit_not_confirmed : exit_ok;
}

int cancel_replay(conversation& with, std::string const& id) {
    auto const body =
        ask(with, {.method = "POST", .path = fmt::format("{}/{}/cancel", path, percent_encode(id)), .body = "{}"});
    if (!body) return body.error();
    if (with.for_programs())
        with.terminal.document(*body);
    else
        with.terminal.print(
            fmt::format("Replay {} is cancelled: {}. The rest stays parked.\n", shown(id), how_far(json_part{*body})));
    return exit_ok;
}

}  // namespace voicehook::app::ops
