#include "api/operations_view.hpp"

#include "api/json_parts.hpp"
#include "api/query_reader.hpp"
#include "wire/callback_token.hpp"
#include "wire/raw_json.hpp"
#include "wire/task_view.hpp"

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

std::string render_delivery(core::delivery const& item) {
    wire::object_writer line;
    line.text("id", item.id.value())
        .text("task", item.task.value())
        .text("sink", item.sink.value())
        .text("state", to_text(item.state));
    line.number("attempts", item.attempts).text("created_at", to_rfc3339(item.created_at));
    line.text("due_at", to_rfc3339(item.due_at));
    line.raw("cause", item.cause ? wire::quote(to_text(*item.cause)) : "null").text("last_answer", item.last_answer);
    return std::move(line).finish();
}

std::string provider_id_or_null(core::task const& item) {
    return item.provider_id ? wire::quote(item.provider_id->value()) : "null";
}

std::string render_line(core::task const& item, overdue_check const& overdue) {
    wire::object_writer line;
    line.text("id", item.id.value())
        .raw("provider_task_id", provider_id_or_null(item))
        .text("caller", item.caller.value());
    line.text("stage", to_text(core::stage_of(item.state))).text("status", to_text(core::shown_status(item)));
    line.text("dispute", to_text(item.quarrel)).text("created_at", to_rfc3339(item.created_at));
    line.text("last_problem", item.last_problem).boolean("overdue", overdue(item));
    return std::move(line).finish();
}

}  // namespace

std::string render_history(ports::task_history const& history, overdue_check const& overdue) {
    auto const& item = history.item;
    wire::object_writer out;
    out.raw("task", wire::render_task(item)).text("caller", item.caller.value());
    out.text("stage", to_text(core::stage_of(item.state))).text("dispute", to_text(item.quarrel));
    out.text("created_at", to_rfc3339(item.created_at)).raw("provider_task_id", provider_id_or_null(item));
    out.raw("due_at", time_or_null(core::due_at(item.state))).number("submissions", item.submissions);
    out.text("last_problem", item.last_problem).boolean("overdue", overdue(item)).text("request_id", item.request_id);
    out.raw("timeline", render_array(history.timeline, render_entry));
    out.raw("deliveries", render_array(history.deliveries, render_delivery));
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

}  // namespace voicehook::api
