#include "api/operations_view.hpp"

#include "api/json_parts.hpp"
#include "api/query_reader.hpp"
#include "core/address.hpp"
#include "core/tracing.hpp"
#include "wire/callback_token.hpp"
#include "wire/raw_json.hpp"
#include "wire/task_view.hpp"

#include <fmt/format.h>

#include <variant>

namespace voicehook::api {
namespace {

std::string render_entry(core::timeline_entry const& entry) {
    wire::object_writer line;
    line.text("at", to_rfc3339(entry.at))
        .text("kind", to_text(entry.kind))
        .text("detail", wire::without_callback_tokens(entry.detail));
    if (!entry.body.empty()) line.text("body", wire::without_callback_tokens(entry.body));
    return std::move(line).finish();
}

/// Scheme and host: path and query of somebody's URL may be what keeps strangers out.
std::string where_it_leads(std::string const& url) {
    auto parts = core::url_parts{};
    if (core::split_url(url, parts) != core::url_error::none) return "***";
    auto const port = parts.port.empty() ? std::string{} : ":" + parts.port;
    return parts.scheme + "://" + parts.host + port + "/***";
}

wire::object_writer delivery_line(core::delivery const& item) {
    wire::object_writer line;
    line.text("id", item.id.value())
        .text("task", item.task.value())
        .text("caller", item.caller.value())
        .text("sink", item.sink.value())
        .text("state", to_text(item.state));
    line.number("attempts", item.attempts).text("created_at", to_rfc3339(item.created_at));
    line.text("due_at", to_rfc3339(item.due_at));
    line.raw("cause", item.cause ? wire::quote(to_text(*item.cause)) : "null").text("last_answer", item.last_answer);
    line.raw("destination", item.destination ? wire::quote(where_it_leads(*item.destination)) : "null");
    return line;
}

std::string render_delivery(core::delivery const& item) {
    auto line = delivery_line(item);
    return std::move(line).finish();
}

std::string render_whole_delivery(core::delivery const& item) {
    auto line = delivery_line(item);
    line.text("body", wire::without_callback_tokens(item.body));
    return std::move(line).finish();
}

std::string provider_id_or_null(core::task const& item) {
    return item.provider_id ? wire::quote(item.provider_id->value()) : "null";
}

std::optional<instant> ended_at(core::task const& item) {
    auto const* const end = std::get_if<core::ended>(&item.state);
    return end == nullptr ? std::nullopt : std::optional{end->at};
}

wire::object_writer task_line(core::task const& item, overdue_check const& overdue) {
    wire::object_writer line;
    line.text("id", item.id.value())
        .raw("provider_task_id", provider_id_or_null(item))
        .text("caller", item.caller.value());
    line.text("stage", to_text(core::stage_of(item.state))).text("status", to_text(core::shown_status(item)));
    line.text("dispute", to_text(item.quarrel)).text("created_at", to_rfc3339(item.created_at));
    line.raw("ended_at", time_or_null(ended_at(item))).text("last_problem", item.last_problem);
    line.boolean("overdue", overdue(item)).text("trace_id", core::trace_id_of(item).value());
    line.raw("idempotency_key", text_or_null(item.idempotency_key));
    return line;
}

std::string render_line(core::task const& item, overdue_check const& overdue) {
    auto line = task_line(item, overdue);
    return std::move(line).finish();
}

/// For a shell: in single quotes, each of which ends the quoting, stands escaped, and begins it again.
std::string shell_quoted(std::string_view text) {
    auto quoted = std::string{"'"};
    for (auto const letter : text) letter == '\'' ? quoted += "'\\''" : quoted += letter;
    return quoted + "'";
}

/// The request as it goes to the provider, as a command; the key and our callback URL are left for who has them.
std::string render_curl(core::task const& item, std::string_view provider_url) {
    return fmt::format("curl {} -H 'Authorization: Bearer ***' -H 'Content-Type: application/json' -H {} --data-raw {}",
                       shell_quoted(fmt::format("{}/v1/audios/generations", provider_url)),
                       shell_quoted("Idempotency-Key: " + item.id.value()),
                       shell_quoted(wire::without_callback_tokens(item.submit_body)));
}

std::string render_action(ports::action const& item) {
    wire::object_writer line;
    line.text("id", std::to_string(item.place)).text("at", to_rfc3339(item.at)).text("who", item.who);
    line.text("what", to_text(item.what)).text("subject", item.subject).text("reason", item.why);
    return std::move(line).finish();
}

}  // namespace

std::string render_history(ports::task_history const& history, overdue_check const& overdue,
                           std::string_view provider_url) {
    auto const& item = history.item;
    auto const kind = core::due_kind_of(item.state);
    auto out = task_line(item, overdue);
    out.raw("task", wire::render_task(item)).text("request_id", item.request_id);
    out.raw("due_at", time_or_null(core::due_at(item.state)));
    out.raw("due_kind", kind ? wire::quote(to_text(*kind)) : "null");
    out.number("submissions", item.submissions).number("queries", item.queries);
    out.raw("timeline", render_array(history.timeline, render_entry));
    out.raw("deliveries", render_array(history.deliveries, render_whole_delivery));
    out.text("submit_body", wire::without_callback_tokens(item.submit_body));
    out.text("provider_body", wire::without_callback_tokens(item.provider_body));
    out.text("curl", render_curl(item, provider_url));
    return std::move(out).finish();
}

std::string render_task_lines(ports::task_page const& page, overdue_check const& overdue) {
    auto const cursor = page.more && !page.items.empty() ? wire::quote(make_cursor(page.items.back().id)) : "null";
    wire::object_writer out;
    out.raw("data", render_array(page.items, [&](core::task const& item) { return render_line(item, overdue); }))
        .raw("next_cursor", cursor);
    return std::move(out).finish();
}

std::string render_delivery_lines(ports::delivery_page const& page) {
    auto const cursor = page.more && !page.items.empty() ? wire::quote(page.items.back().id.value()) : "null";
    wire::object_writer out;
    out.raw("data", render_array(page.items, render_delivery)).raw("next_cursor", cursor);
    return std::move(out).finish();
}

std::string render_actions(ports::action_page const& page) {
    auto const cursor =
        page.more && !page.items.empty() ? wire::quote(std::to_string(page.items.back().place)) : "null";
    wire::object_writer out;
    out.raw("data", render_array(page.items, render_action)).raw("next_cursor", cursor);
    return std::move(out).finish();
}

}  // namespace voicehook::api
