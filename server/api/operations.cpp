#include "api/operations.hpp"

#include "api/answers.hpp"
#include "api/operations_view.hpp"
#include "api/query_reader.hpp"
#include "base/log.hpp"
#include "wire/json_reader.hpp"

#include <algorithm>
#include <expected>

namespace voicehook::api {
namespace {

constexpr std::size_t max_action_body = 16 * 1024;
constexpr std::size_t max_reason = 500;
constexpr std::size_t page_size = 50;
constexpr std::size_t longest_page = 200;

/// What an operator can do with a task that nothing else moves.
enum class resolution : std::uint8_t { fail = 1, cancel, bind, resubmit, uphold, query };

}  // namespace
}  // namespace voicehook::api

namespace voicehook {
template <>
inline constexpr auto names_of<api::resolution> =
    std::array{entry(api::resolution::fail, "fail"),     entry(api::resolution::cancel, "cancel"),
               entry(api::resolution::bind, "bind"),     entry(api::resolution::resubmit, "resubmit"),
               entry(api::resolution::uphold, "uphold"), entry(api::resolution::query, "query")};
}

namespace voicehook::api {
namespace {

bool is_provider_id(std::string_view text) {
    auto const visible = [](unsigned char letter) { return letter > 0x20 && letter < 0x7f; };
    return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, visible);
}

struct resolve_order {
    resolution action{};
    std::string reason;
    std::optional<std::string> provider_task;
};

core::refusal operators_verdict(std::string_view code) {
    return {.http_status = 409,
            .code = std::string{code},
            .error_json =
                R"({"code":")" + std::string{code} + R"(","message":"Ended by an operator.","type":"task_error"})"};
}

core::task_event event_for(resolve_order const& order, std::string const& who) {
    auto const note = order.reason.empty() ? who : who + ": " + order.reason;
    switch (order.action) {
        case resolution::fail:
            return core::operator_ended{core::terminal::failed, operators_verdict("failed_by_operator"), note};
        case resolution::cancel:
            return core::operator_ended{core::terminal::cancelled, operators_verdict("cancelled_by_operator"), note};
        case resolution::bind: return core::operator_bound{provider_task_id{order.provider_task.value_or("")}, note};
        case resolution::resubmit: return core::operator_resubmitted{note};
        case resolution::uphold: return core::operator_upheld{who, order.reason};
        case resolution::query: break;
    }
    return core::query_wanted{"asked for by " + note};
}

std::expected<resolve_order, core::complaints> read_order(std::string_view body) {
    wire::json_reader in{body};
    auto const action = in.required_text("action");
    auto const reason = in.optional_text("reason");
    auto const provider_task = in.optional_text("provider_task_id");
    auto complaints = in.complaints();
    auto const known = from_text<resolution>(action);
    if (!in.failed() && !known)
        complaints.push_back({"action", "must be one of fail, cancel, bind, resubmit, uphold, query"});
    if (known == resolution::bind && !(provider_task && is_provider_id(*provider_task)))
        complaints.push_back({"provider_task_id", "is required to bind: 1 to 256 visible ASCII characters"});
    if (reason && reason->size() > max_reason) complaints.push_back({"reason", "must have at most 500 bytes"});
    if (!complaints.empty()) return std::unexpected{std::move(complaints)};
    return resolve_order{*known, reason.value_or(""), provider_task};
}

/// The reason of an action: required for those that give something up.
std::expected<std::string, core::complaints> read_reason(std::string_view body) {
    wire::json_reader in{body};
    auto reason = in.required_text("reason");
    auto complaints = in.complaints();
    if (!in.failed() && (reason.empty() || reason.size() > max_reason))
        complaints.push_back({"reason", "must have 1 to 500 bytes"});
    if (!complaints.empty()) return std::unexpected{std::move(complaints)};
    return reason;
}

http::response failed_action(failure const& why, std::string_view what) {
    if (why.code == errc::not_found)
        return problem_response(404, "not_found", "There is no such " + std::string{what} + ".");
    if (why.code == errc::conflict)
        return problem_response(409, "conflict", "The " + std::string{what} + " is not in a state that allows this.");
    return unavailable_response(why);
}

http::response done() { return http::json_response(200, R"({"status":"done"})"); }

}  // namespace

std::vector<http::route> operations::routes() {
    using member = awaitable<http::response> (operations::*)(http::request);
    auto const bind = [this](member function) {
        return [this, function](http::request item) { return (this->*function)(std::move(item)); };
    };
    auto const reading = [&](std::string pattern, member function) {
        return http::route{.method = "GET",
                           .pattern = std::move(pattern),
                           .body = {},
                           .admit = {},
                           .handle = bind(function),
                           .on_body_refused = {}};
    };
    auto const action = [&](std::string pattern, member function, http::body_rule body) {
        return http::route{.method = "POST",
                           .pattern = std::move(pattern),
                           .body = body,
                           .admit = {},
                           .handle = bind(function),
                           .on_body_refused = {}};
    };
    constexpr auto json = http::body_rule{max_action_body, http::body_rule::media::json};
    constexpr auto nothing = http::body_rule{max_action_body, http::body_rule::media::any};
    return {reading("/ops/v1/tasks", &operations::list),
            reading("/ops/v1/tasks/{id}", &operations::task),
            action("/ops/v1/tasks/{id}/resolve", &operations::resolve, json),
            reading("/ops/v1/deliveries", &operations::list_deliveries),
            action("/ops/v1/deliveries/{id}/retry", &operations::retry, nothing),
            action("/ops/v1/deliveries/{id}/discard", &operations::discard, json),
            action("/ops/v1/sinks/{name}/pause", &operations::pause, json),
            action("/ops/v1/sinks/{name}/resume", &operations::resume, nothing)};
}

overdue_check operations::overdue_check() const { return {polling_, clock_.now()}; }

awaitable<http::response> operations::list(http::request item) {
    query_reader query{item};
    auto const caller = query.text("caller");
    ports::task_filter filter{.caller = caller ? std::optional{caller_name{*caller}} : std::nullopt,
                              .status = query.one_of<core::reported_status>("status"),
                              .stage = query.one_of<core::stage>("stage"),
                              .created_after = query.moment("created_after"),
                              .created_before = query.moment("created_before"),
                              .after = {},
                              .limit = query.count("limit", 1, longest_page).value_or(page_size)};
    auto const cursor = query.text("cursor");
    if (cursor) filter.after = read_cursor(*cursor);
    if (cursor && !filter.after) query.complain("cursor", "must be a next_cursor of an earlier page");
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));

    auto const page = co_await store_.list_tasks(std::move(filter));
    if (!page) co_return unavailable_response(page.error());
    co_return http::json_response(200, render_task_lines(*page, overdue_check()));
}

awaitable<http::response> operations::task(http::request item) {
    auto const found = co_await store_.find_task(item.parameters.front());
    if (!found) co_return failed_action(found.error(), "task");
    auto const history = co_await store_.read_history(found->id);
    if (!history) co_return failed_action(history.error(), "task");
    co_return http::json_response(200, render_history(*history, overdue_check()));
}

awaitable<http::response> operations::list_deliveries(http::request item) {
    query_reader query{item};
    auto const sink = query.text("sink");
    auto const cursor = query.text("cursor");
    ports::delivery_filter filter{
        .state = query.one_of<core::delivery_state>("state").value_or(core::delivery_state::parked),
        .sink = sink ? std::optional{sink_name{*sink}} : std::nullopt,
        .after = cursor ? std::optional{delivery_id{*cursor}} : std::nullopt,
        .limit = query.count("limit", 1, longest_page).value_or(page_size)};
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));

    auto const page = co_await store_.list_deliveries(std::move(filter));
    if (!page && page.error().code == errc::invalid)
        co_return invalid_response({{"cursor", "must be a next_cursor of an earlier page"}});
    if (!page) co_return unavailable_response(page.error());
    co_return http::json_response(200, render_delivery_lines(*page));
}

awaitable<http::response> operations::resolve(http::request item) {
    auto const order = read_order(item.body);
    if (!order) co_return invalid_response(order.error());
    auto const found = co_await store_.find_task(item.parameters.front());
    if (!found) co_return failed_action(found.error(), "task");

    auto const now = clock_.now();
    auto const event = event_for(*order, item.principal);
    auto const changed = co_await store_.record_event(found->id, event, outbox_.renderer(), now);
    if (!changed) co_return failed_action(changed.error(), "task");
    log_info("operator_action",
             {{"operator", item.principal}, {"action", to_text(order->action)}, {"task", found->id}});
    announcer_.announce(*changed, now);
    co_return done();
}

awaitable<http::response> operations::retry(http::request item) {
    auto const id = delivery_id{item.parameters.front()};
    auto const now = clock_.now();
    auto const retried = co_await store_.retry_delivery(id, item.principal, now);
    if (!retried) co_return failed_action(retried.error(), "parked delivery");
    log_info("operator_action", {{"operator", item.principal}, {"action", "retry"}, {"delivery", id}});
    auto const parked_again = co_await store_.park_removed_sinks(bells_.sinks(), 1, now);
    if (parked_again && *parked_again > 0)
        co_return problem_response(409, "sink_removed",
                                   "The delivery's sink is not in the configuration; it stays parked.");
    bells_.ring_every_sink(now);
    co_return done();
}

awaitable<http::response> operations::discard(http::request item) {
    auto const reason = read_reason(item.body);
    if (!reason) co_return invalid_response(reason.error());
    auto const id = delivery_id{item.parameters.front()};
    auto const discarded = co_await store_.discard_delivery(id, item.principal, *reason, clock_.now());
    if (!discarded) co_return failed_action(discarded.error(), "parked delivery");
    log_info("operator_action", {{"operator", item.principal}, {"action", "discard"}, {"delivery", id}});
    co_return done();
}

awaitable<http::response> operations::pause(http::request item) {
    auto reason = read_reason(item.body);
    if (!reason) co_return invalid_response(reason.error());
    auto answer = co_await set_paused(sink_name{item.parameters.front()},
                                      {ports::pause_state::paused, std::move(*reason), item.principal});
    co_return answer;
}

awaitable<http::response> operations::resume(http::request item) {
    auto answer =
        co_await set_paused(sink_name{item.parameters.front()}, {ports::pause_state::running, {}, item.principal});
    co_return answer;
}

awaitable<http::response> operations::set_paused(sink_name sink, ports::sink_pause pause) {
    if (!bells_.serves(sink)) co_return problem_response(404, "not_found", "There is no such sink.");
    auto const now = clock_.now();
    auto const action = pause.state == ports::pause_state::paused ? "pause" : "resume";
    auto const who = pause.who;
    auto const changed = co_await store_.set_sink_paused(sink, std::move(pause), now);
    if (!changed) co_return failed_action(changed.error(), "sink");
    log_info("operator_action", {{"operator", who}, {"action", action}, {"sink", sink}});
    bells_.ring_sink(sink, now);
    co_return done();
}

}  // namespace voicehook::api
