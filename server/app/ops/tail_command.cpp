#include "app/ops/tail_command.hpp"

#include "app/commands.hpp"
#include "app/ops/phrases.hpp"
#include "app/ops/summary_view.hpp"
#include "app/ops/terminal_text.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace voicehook::app::ops {
namespace {

constexpr int http_ok = 200;
constexpr auto shortest_wait = duration{1s};
constexpr auto longest_wait = duration{30s};

/// Prints what the stream brings.
class tail_printer {
public:
    explicit tail_printer(conversation& with) : with_{with} {}

    result<void> take(std::string_view bytes) {
        auto const events = reader_.take(bytes);
        if (!events) return std::unexpected{events.error()};
        connected_ = true;
        for (auto const& event : *events) print(event);
        return {};
    }

    /// Whether anything came since the last call.
    bool was_connected() { return std::exchange(connected_, false); }
    std::string const& last_id() const { return reader_.last_id(); }
    void reconnected() { reader_.reconnected(); }

private:
    void print(server_event const& event) {
        if (with_.for_programs()) return with_.terminal.document(render_event_line(event));
        auto const data = json_part{event.data};
        if (event.name == "activity") with_.terminal.print(cut_to_width(render_activity(data)) + "\n");
        if (event.name == "skipped")
            with_.terminal.print(fmt::format("… {} more happened than is shown\n", count(data["count"].number())));
        if (event.name == "summary") print_verdict(data);
    }

    /// The summary comes every two seconds: its verdict is said when it changes.
    void print_verdict(json_part const& summary) {
        auto const verdict =
            render_verdict(concerns_of(summary, summary["at"].moment().value_or(with_.terminal.now())));
        auto const sentence = verdict.substr(0, verdict.find('\n'));
        if (std::exchange(last_sentence_, sentence) == sentence) return;
        with_.terminal.print(fmt::format("{}  {}", clock_time(summary["at"].moment()), verdict));
    }

    [[nodiscard]] std::string cut_to_width(std::string line) const {
        auto const width = with_.terminal.width();
        return width == 0 ? line : cut(line, width);
    }

    conversation& with_;
    event_reader reader_;
    std::string last_sentence_;
    bool connected_{};
};

/// Whether a stream that was there before may come back. One that makes no sense will not make more of it later.
bool may_come_back(result<answer> const& ended) {
    if (!ended) return ended.error().code != errc::too_large && ended.error().code != errc::protocol;
    return ended->status == http_ok || ended->status >= 500;
}

/// Explains why the stream cannot be followed.
int give_up(conversation& with, result<answer> const& ended) {
    if (!ended) {
        with.terminal.complain(fmt::format("voicehook: {}\n", shown(ended.error().doing)));
        return exit_failed;
    }
    with.terminal.complain(with.for_programs() ? shown(ended->body) + "\n" : explain(*ended));
    return exit_code_of(ended->status);
}

}  // namespace

int tail(conversation& with) {
    auto printer = tail_printer{with};
    auto ever = false;
    auto wait = shortest_wait;
    with.api.heed_interrupts();
    while (true) {
        auto const ended = with.api.follow("/ops/v1/events", printer.last_id(),
                                           [&printer](std::string_view bytes) { return printer.take(bytes); });
        if (!ended && ended.error().code == errc::stopping) return exit_ok;
        auto const came = printer.was_connected();
        ever = ever || came || (ended && ended->status == http_ok);
        if (!ever || !may_come_back(ended)) return give_up(with, ended);
        if (came) wait = shortest_wait;
        with.terminal.complain(fmt::format("voicehook: the stream ended{}; asking again in {}\n",
                                           ended ? "" : ": " + shown(ended.error().doing),
                                           span(std::chrono::duration<double>(wait).count())));
        if (!with.api.pause(wait)) return exit_ok;
        wait = std::min(wait * 2, longest_wait);
        printer.reconnected();
    }
}

std::string render_activity(json_part const& activity) {
    auto about = std::string{};
    for (auto const* const member : {"task", "sink", "caller"})
        if (activity[member].known()) about += (about.empty() ? "" : " ") + text_or_dash(activity[member]);
    return shown(fmt::format("{}  {:<12}  {}{}{}", clock_time(activity["at"].moment()), text_or_dash(activity["kind"]),
                             about, about.empty() ? "" : "  ", activity["detail"].text().value_or("")));
}

std::string render_event_line(server_event const& event) {
    auto data = event.data;
    std::ranges::replace(data, '\n', ' ');
    wire::object_writer out;
    out.text("event", event.name).raw("id", event.id.empty() ? "null" : wire::quote(event.id));
    out.raw("data", wire::is_json(data) ? data : wire::quote(event.data));
    return std::move(out).finish();
}

}  // namespace voicehook::app::ops
