#include "app/ops/backup_command.hpp"

#include "app/commands.hpp"
#include "app/ops/phrases.hpp"
#include "app/ops/terminal_text.hpp"

#include <fmt/format.h>

namespace voicehook::app::ops {
namespace {

constexpr auto between_looks = 1s;
constexpr auto path = "/ops/v1/backups";
constexpr auto goes_on = "It goes on by itself: `voicehook ops backup --status` shows it.\n";

std::string how_far(json_part const& running) {
    auto const done = running["pages_done"].number();
    auto const total = running["pages_total"].number();
    auto out = fmt::format("{} of {} pages copied", count(done), count(total));
    if (done && total && *total > 0) out += fmt::format(" ({:.0f} %)", *done * 100 / *total);
    return out;
}

bool is_good(json_part const& last) { return last["verified"].boolean() == true && !last["error"].known(); }

std::string describe(json_part const& last, instant now) {
    auto const verdict = last["error"].known()        ? "FAILED: " + text_or_dash(last["error"])
                         : is_good(last)              ? "verified"
                         : last["verified"].boolean() ? "NOT verified"
                                                      : "not known whether it is verified";
    return fmt::format("{}, {}, {}, made {} by {}", text_or_dash(last["file"]), bytes(last["bytes"].number()), verdict,
                       when(last["finished_at"].moment(), now), text_or_dash(last["who"]));
}

int tell_end(conversation& with, std::string const& body, json_part const& started) {
    auto const last = json_part{body}["last"];
    auto const ours = !started.known() || started.raw() == last["started_at"].raw();
    if (with.for_programs()) {
        with.terminal.document(body);
    } else if (ours && last.known()) {
        with.terminal.print(fmt::format("Backup: {}.\n", describe(last, with.terminal.now())));
    } else {
        with.terminal.complain("voicehook: the service does not tell what became of this backup\n");
    }
    return ours && is_good(last) ? exit_ok : exit_failed;
}

int watch(conversation& with, std::string const& begun) {
    auto const started = json_part{begun}["running"]["started_at"];
    auto body = begun;
    with.api.heed_interrupts();
    while (json_part{body}["running"].known()) {
        with.terminal.progress(how_far(json_part{body}["running"]));
        auto next = with.api.pause(between_looks) ? ask(with, {.path = path}) : std::unexpected{exit_interrupted};
        if (!next) {
            with.terminal.complain(goes_on);
            return next.error();
        }
        body = std::move(*next);
    }
    with.terminal.end_progress();
    return tell_end(with, body, started);
}

}  // namespace

int make_backup(conversation& with, wait_for_end waiting) {
    auto const begun = ask(with, {.method = "POST", .path = path, .body = "{}"});
    if (!begun) return begun.error();
    if (waiting == wait_for_end::yes) return watch(with, *begun);
    if (with.for_programs())
        with.terminal.document(*begun);
    else
        with.terminal.print(fmt::format("A backup runs. {}", goes_on));
    return exit_ok;
}

int show_backups(conversation& with) {
    auto const body = ask(with, {.path = path});
    if (!body) return body.error();
    if (with.for_programs())
        with.terminal.document(*body);
    else
        with.terminal.print(render_backups(json_part{*body}, with.terminal.now()));
    return exit_ok;
}

std::string render_backups(json_part const& backups, instant now) {
    auto out = std::string{};
    if (backups["supported"].boolean() == false) out += fmt::format("Not here: {}\n", text_or_dash(backups["advice"]));
    auto const running = backups["running"];
    if (running.known())
        out += fmt::format("Runs since {}, for {}: {} into {}.\n", clock_time(running["started_at"].moment()),
                           text_or_dash(running["who"]), how_far(running), text_or_dash(running["file"]));
    auto const last = backups["last"];
    if (last.known()) out += fmt::format("Last backup: {}.\n", describe(last, now));
    return out.empty() ? "No backup was made since the service started.\n" : out;
}

}  // namespace voicehook::app::ops
