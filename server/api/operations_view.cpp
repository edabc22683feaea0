#include "api/operations_view.hpp"

#include "api/query_reader.hpp"
#include "wire/callback_token.hpp"
#include "wire/raw_json.hpp"
#include "wire/task_view.hpp"

namespace voicehook::api {
namespace {

std::string age_or_null(std::optional<instant> since, instant now) {
    if (!since) return "null";
    return std::to_string(std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - *since).count()));
}

std::string text_or_null(std::optional<std::string> const& text) { return text ? wire::quote(*text) : "null"; }

std::string number(std::uint64_t value) { return std::to_string(value); }

template <class Items, class Render>
std::string render_array(Items const& items, Render render) {
    std::string out = "[";
    for (auto const& item : items) out += (out.size() > 1 ? "," : "") + render(item);
    return out + "]";
}

std::string render_stages(ports::store_summary const& counters, instant now) {
    wire::object_writer stages;
    for (auto const& [stage, name] : names_of<core::stage>) {
        auto const count = counters.tasks.contains(stage) ? counters.tasks.at(stage) : 0;
        auto const oldest = counters.oldest.contains(stage) ? counters.oldest.at(stage) : std::nullopt;
        wire::object_writer line;
        line.raw("count", number(count)).raw("oldest_age_seconds", age_or_null(oldest, now));
        stages.raw(name, std::move(line).finish());
    }
    return std::move(stages).finish();
}

std::string render_results(ports::store_summary const& counters) {
    wire::object_writer results;
    for (auto const& [source, name] : names_of<core::result_source>)
        results.raw(name, number(counters.results.contains(source) ? counters.results.at(source) : 0));
    return std::move(results).finish();
}

std::string render_sink(ports::sink_counts const& counts, instant now) {
    wire::object_writer line;
    for (auto const& [state, name] : names_of<core::delivery_state>)
        line.raw(name, number(counts.by_state.contains(state) ? counts.by_state.at(state) : 0));
    wire::object_writer causes;
    for (auto const& [cause, count] : counts.parked_by_cause)
        if (count > 0) causes.raw(to_text(cause), number(count));
    line.raw("parked_by_cause", std::move(causes).finish())
        .raw("oldest_waiting_age_seconds", age_or_null(counts.oldest_waiting, now))
        .raw("paused", text_or_null(counts.paused));
    return std::move(line).finish();
}

std::string render_deliveries(ports::store_summary const& counters, instant now) {
    wire::object_writer sinks;
    for (auto const& [name, counts] : counters.sinks) sinks.raw(name.value(), render_sink(counts, now));
    wire::object_writer out;
    out.raw("created", number(counters.deliveries_created))
        .raw("retired", number(counters.deliveries_retired))
        .raw("sinks", std::move(sinks).finish());
    return std::move(out).finish();
}

std::string render_replica(ports::replica const& item) {
    wire::object_writer line;
    line.text("name", item.note.name).text("owner", item.note.owner.value()).text("version", item.note.version);
    line.text("started_at", to_rfc3339(item.note.started_at)).text("seen_at", to_rfc3339(item.seen_at));
    return std::move(line).finish();
}

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

std::string render_summary(ports::store_summary const& counters, std::vector<std::string> const& violations,
                           instant now) {
    wire::object_writer conservation;
    conservation.boolean("ok", violations.empty()).raw("violations", render_array(violations, wire::quote));
    wire::object_writer open;
    for (auto const& [name, count] : counters.open_by_caller) open.raw(name.value(), number(count));
    wire::object_writer out;
    out.text("at", to_rfc3339(now)).raw("tasks", render_stages(counters, now));
    out.raw("accepted", number(counters.accepted)).raw("retired", number(counters.tasks_retired));
    out.raw("results", render_results(counters)).raw("disputed", number(counters.disputed));
    out.raw("deliveries", render_deliveries(counters, now)).raw("open_by_caller", std::move(open).finish());
    out.raw("store_bytes", number(counters.file_bytes)).raw("conservation", std::move(conservation).finish());
    out.raw("replicas", render_array(counters.replicas, render_replica));
    return std::move(out).finish();
}

std::string render_history(ports::task_history const& history, overdue_check const& overdue) {
    auto const& item = history.item;
    wire::object_writer out;
    out.raw("task", wire::render_task(item)).text("caller", item.caller.value());
    out.text("stage", to_text(core::stage_of(item.state))).text("dispute", to_text(item.quarrel));
    out.text("created_at", to_rfc3339(item.created_at)).raw("provider_task_id", provider_id_or_null(item));
    auto const due = core::due_at(item.state);
    out.raw("due_at", due ? wire::quote(to_rfc3339(*due)) : "null").number("submissions", item.submissions);
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
