#include "api/tasks.hpp"

#include "api/answers.hpp"
#include "api/query_reader.hpp"
#include "wire/raw_json.hpp"
#include "wire/task_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::api {
namespace {

constexpr duration longest_wait = 60s;
constexpr std::size_t page_size = 50;
constexpr std::size_t longest_page = 200;

/// Between two signs of life on a silent event stream, so that proxies keep it open.
constexpr duration heartbeat = 15s;

bool has_ended(core::task const& item) { return core::stage_of(item.state) == core::stage::ended; }

/// One line of data: the provider's JSON may be spread over several, and between its tokens a space is as good.
std::string render_event(core::task const& item) {
    auto data = wire::render_task(item);
    std::ranges::replace_if(data, [](char letter) { return letter == '\r' || letter == '\n'; }, ' ');
    return fmt::format("event: task\ndata: {}\n\n", data);
}

std::string render_page(ports::task_page const& page) {
    std::string data = "[";
    for (auto const& item : page.items) data += (data.size() > 1 ? "," : "") + wire::render_task(item);
    data += "]";
    auto const cursor = page.more && !page.items.empty() ? wire::quote(make_cursor(page.items.back().id)) : "null";
    wire::object_writer out;
    out.raw("data", data).raw("next_cursor", cursor);
    return std::move(out).finish();
}

}  // namespace

std::vector<http::route> tasks::routes() {
    http::route list_tasks{.method = "GET",
                           .pattern = "/v1/tasks",
                           .body = {},
                           .admit = {},
                           .handle = [this](http::request item) { return list(std::move(item)); },
                           .on_body_refused = {}};
    http::route get_task{.method = "GET",
                         .pattern = "/v1/tasks/{id}",
                         .body = {},
                         .admit = {},
                         .handle = [this](http::request item) { return get(std::move(item)); },
                         .on_body_refused = {}};
    http::route task_events{.method = "GET",
                            .pattern = "/v1/tasks/{id}/events",
                            .body = {},
                            .admit = {},
                            .handle = [this](http::request item) { return stream(std::move(item)); },
                            .on_body_refused = {}};
    return {std::move(list_tasks), std::move(get_task), std::move(task_events)};
}

awaitable<std::expected<core::task, http::response>> tasks::find_own(http::request const& item) {
    auto found = co_await store_.find_task(item.parameters.front());
    if (!found && found.error().code == errc::not_found) co_return std::unexpected{unknown_task_response()};
    if (!found) co_return std::unexpected{unavailable_response(found.error())};
    if (found->caller.value() != item.principal) co_return std::unexpected{unknown_task_response()};
    co_return std::move(*found);
}

awaitable<http::response> tasks::get(http::request item) {
    query_reader query{item};
    auto const wait = query.span("wait", longest_wait);
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));

    auto found = co_await find_own(item);
    if (!found) co_return std::move(found.error());
    if (!wait || has_ended(*found)) co_return task_response(200, *found);
    auto const latest = co_await flows::follow(watch_, store_, std::move(*found), flows::freshness::perhaps_stale,
                                               has_ended, deadline::in(*wait));
    co_return task_response(200, latest);
}

awaitable<http::response> tasks::list(http::request item) {
    query_reader query{item};
    ports::task_filter filter{.caller = caller_name{item.principal},
                              .status = query.one_of<core::reported_status>("status"),
                              .stage = {},
                              .created_after = query.moment("created_after"),
                              .created_before = query.moment("created_before"),
                              .after = {},
                              .limit = query.count("limit", 1, longest_page).value_or(page_size)};
    auto const cursor = query.text("cursor");
    if (cursor) filter.after = read_cursor(*cursor);
    if (cursor && !filter.after) query.complain("cursor", "must be a next_cursor of an earlier page");
    if (filter.status == core::reported_status::other)
        query.complain("status", "must be one of pending, processing, completed, failed, cancelled");
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));

    auto const page = co_await store_.list_tasks(std::move(filter));
    if (!page) co_return unavailable_response(page.error());
    co_return http::json_response(200, render_page(*page));
}

awaitable<http::response> tasks::stream(http::request item) {
    auto found = co_await find_own(item);
    if (!found) co_return std::move(found.error());
    http::response answer;
    answer.content_type = "text/event-stream";
    answer.headers.emplace_back("Cache-Control", "no-store");
    answer.stream = [this, task = std::move(*found)](http::stream_writer& out) {
        return send_changes(watch_, store_, task, out);
    };
    co_return answer;
}

awaitable<void> tasks::send_changes(flows::task_watch& watch, ports::store& store, core::task item,
                                    http::stream_writer& out) {
    auto const subscription = watch.subscribe(item.id);
    auto const missed = co_await store.find_task(item.id.value());  // it may have changed before we subscribed
    if (missed) item = *missed;
    auto sent = co_await out.write(render_event(item));
    while (sent && !has_ended(item) && !out.ended() && !watch.interrupted()) {
        auto const change = co_await subscription->next(deadline::in(heartbeat));
        if (change) item = *change;
        sent = co_await out.write(change ? render_event(item) : std::string{": still here\n\n"});
    }
}

}  // namespace voicehook::api
