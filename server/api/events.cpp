#include "api/events.hpp"

#include "api/answers.hpp"
#include "api/json_parts.hpp"
#include "api/query_reader.hpp"
#include "async/within.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

namespace voicehook::api {
namespace {

constexpr duration tick = 2s;
constexpr std::size_t events_per_tick = 50;
constexpr std::size_t most_streams = 32;
/// When to come again after the cap: by then one may have been closed.
constexpr duration try_again = 5s;

template <class Strong>
std::string id_or_null(std::optional<Strong> const& id) {
    return id ? wire::quote(id->value()) : "null";
}

std::string render_entry(flows::activity_entry const& item) {
    wire::object_writer data;
    data.raw("seq", number(item.seq)).text("at", to_rfc3339(item.at)).text("kind", to_text(item.kind));
    data.raw("task", id_or_null(item.task)).raw("caller", id_or_null(item.caller)).raw("sink", id_or_null(item.sink));
    data.text("detail", item.detail);
    return fmt::format("event: activity\nid: {}\ndata: {}\n\n", item.seq, std::move(data).finish());
}

std::string render_activity(flows::activity::excerpt const& found) {
    std::string out;
    if (found.skipped > 0) out = fmt::format("event: skipped\ndata: {{\"count\":{}}}\n\n", found.skipped);
    for (auto const& item : found.entries) out += render_entry(item);
    return out;
}

/// The summary is not there: a store that is away must not end the stream, nor make it silent.
std::string render_summary_event(result<std::string> const& summary) {
    return summary ? fmt::format("event: summary\ndata: {}\n\n", *summary) : ": still here\n\n";
}

std::optional<std::uint64_t> read_number(std::string_view text) {
    std::uint64_t value{};
    auto const* const end = text.data() + text.size();
    auto const [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

http::response too_many_streams() {
    auto answer = problem_response(503, "too_many_streams",
                                   fmt::format("There are {} event streams already; close one.", most_streams));
    answer.headers.emplace_back("Retry-After", retry_after_value(try_again));
    return answer;
}

}  // namespace

std::vector<http::route> events::routes() {
    http::route stream{.method = "GET",
                       .pattern = "/ops/v1/events",
                       .body = {},
                       .admit = {},
                       .handle = [this](http::request item) { return open(std::move(item)); },
                       .on_body_refused = {}};
    return {std::move(stream)};
}

awaitable<http::response> events::open(http::request item) {
    query_reader query{item};
    auto const last = item.header("Last-Event-ID");
    auto const seen = last ? read_number(*last) : std::nullopt;
    if (last && !seen) query.complain("Last-Event-ID", "must be the id of an activity event: a whole number");
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));
    if (*open_ >= most_streams) co_return too_many_streams();

    // The number of another process's event tells nothing here: that stream begins anew.
    auto const from = seen && activity_.numbered(*seen) ? *seen : activity_.before_latest(events_per_tick);
    std::shared_ptr<void> place{nullptr, [open = open_](void*) { --*open; }};
    ++*open_;
    http::response answer;
    answer.content_type = "text/event-stream";
    answer.headers.emplace_back("Cache-Control", "no-store");
    answer.stream = [this, held = std::move(place), who = item.principal, from](http::stream_writer& out) {
        return send(summary_, activity_, who, from, out);
    };
    co_return answer;
}

awaitable<void> events::send(summary& overview, flows::activity& lately, std::string who, std::uint64_t seen,
                             http::stream_writer& out) {
    flows::activity::subscription subscription{lately};
    auto due = deadline::in(duration::zero());
    std::size_t left = 0;  ///< events that may still be sent before the next summary
    while (!out.ended() && !lately.interrupted()) {
        std::string text;
        if (due.passed()) {
            due = deadline::in(tick);
            left = events_per_tick;
            auto const current = co_await async::within(due, overview.render_shared(who));
            text = render_summary_event(current);
        }
        if (left > 0) {
            auto const found = lately.after(seen, left);
            seen = lately.newest();
            left -= found.entries.size();
            text += render_activity(found);
        }
        auto const sent = co_await out.write(std::move(text));
        if (!sent) co_return;
        if (left > 0)
            co_await subscription.next(seen, due);
        else
            co_await subscription.pause(due);
    }
}

}  // namespace voicehook::api
