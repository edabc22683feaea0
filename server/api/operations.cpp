#include "api/operations.hpp"

#include "api/answers.hpp"
#include "api/operations_view.hpp"
#include "api/operator_requests.hpp"
#include "api/query_reader.hpp"
#include "base/log.hpp"
#include "core/tracing.hpp"
#include "wire/json_reader.hpp"

#include <algorithm>
#include <array>
#include <expected>
#include <limits>

namespace voicehook::api {
namespace {

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
    bool accept_double_payment{};
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
    auto const accepted = in.optional_flag("accept_double_payment");
    in.allow_only({"action", "reason", "provider_task_id", "accept_double_payment"});
    auto complaints = in.complaints();
    auto const known = from_text<resolution>(action);
    if (!in.failed() && !known)
        complaints.push_back({"action", "must be one of fail, cancel, bind, resubmit, uphold, query"});
    if (known == resolution::bind && !(provider_task && is_provider_id(*provider_task)))
        complaints.push_back({"provider_task_id", "is required to bind: 1 to 256 visible ASCII characters"});
    if (reason && reason->size() > max_reason) complaints.push_back({"reason", "must have at most 500 bytes"});
    if (!complaints.empty()) return std::unexpected{std::move(complaints)};
    return resolve_order{*known, reason.value_or(""), provider_task, accepted.value_or(false)};
}

ports::action_kind kind_of(resolution what) {
    switch (what) {
        case resolution::fail: return ports::action_kind::fail;
        case resolution::cancel: return ports::action_kind::cancel;
        case resolution::bind: return ports::action_kind::bind;
        case resolution::resubmit: return ports::action_kind::resubmit;
        case resolution::uphold: return ports::action_kind::uphold;
        case resolution::query: break;
    }
    return ports::action_kind::query;
}

http::response double_payment_possible() {
    return problem_response(409, "double_payment_possible",
                            "The same bytes go again under the same Idempotency-Key. If the provider has the task and "
                            "has forgotten the key, it is paid twice. Look it up in the provider's console first; then "
                            "send accept_double_payment: true.");
}

/// What `q` could be: an id of any kind.
ports::task_lookup any_id(std::string const& text) {
    auto what = ports::task_lookup{.id = task_id{text},
                                   .provider_id = provider_task_id{text},
                                   .idempotency_key = text,
                                   .delivery = delivery_id{text}};
    if (auto const trace = read_trace_id(text)) {
        what.trace_id = trace->value();
        what.id = core::task_traced_as(*trace).value_or(task_id{text});
        what.delivery = core::delivery_traced_as(*trace);
    }
    return what;
}

/// The ids of a query; nothing when there is none.
std::optional<ports::task_lookup> read_lookup(query_reader& query) {
    auto const any = query.text("q");
    auto const id = query.text("id");
    auto const provider_id = query.text("provider_task_id");
    auto const key = query.text("idempotency_key");
    auto const webhook = query.text("webhook_id");
    auto const trace = query.text("trace_id");
    auto const given = std::ranges::count_if(std::array{&any, &id, &provider_id, &key, &webhook, &trace},
                                             [](auto const* each) { return each->has_value(); });
    if (given == 0) return std::nullopt;
    if (given > 1)
        query.complain("q", "one id at a time: q, id, provider_task_id, idempotency_key, webhook_id, trace_id");
    if (any) return any_id(*any);
    if (trace) {
        auto const read = read_trace_id(*trace);
        if (!read) query.complain("trace_id", "must be 32 lower-case hexadecimal digits");
        return read ? any_id(read->value()) : ports::task_lookup{};
    }
    auto what = ports::task_lookup{};
    if (id) what.id = task_id{*id};
    if (provider_id) what.provider_id = provider_task_id{*provider_id};
    what.idempotency_key = key;
    if (webhook) what.delivery = delivery_id{*webhook};
    return what;
}

}  // namespace

std::vector<http::route> operations::routes() {
    using member = awaitable<http::response> (operations::*)(http::request);
    auto const bind = [this](member function) -> request_handler {
        return [this, function](http::request item) { return (this->*function)(std::move(item)); };
    };
    using enum action_body;
    return {reading_route("/ops/v1/tasks", bind(&operations::list)),
            reading_route("/ops/v1/tasks/{id}", bind(&operations::task)),
            action_route("/ops/v1/tasks/{id}/resolve", bind(&operations::resolve), json),
            reading_route("/ops/v1/deliveries", bind(&operations::list_deliveries)),
            action_route("/ops/v1/deliveries/{id}/retry", bind(&operations::retry), anything),
            action_route("/ops/v1/deliveries/{id}/discard", bind(&operations::discard), json),
            action_route("/ops/v1/sinks/{name}/pause", bind(&operations::pause), json),
            action_route("/ops/v1/sinks/{name}/resume", bind(&operations::resume), anything),
            reading_route("/ops/v1/actions", bind(&operations::list_actions))};
}

overdue_check operations::overdue_check() const { return {polling_, clock_.now()}; }

awaitable<http::response> operations::list(http::request item) {
    query_reader query{item};
    auto const wanted = read_lookup(query);
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
    if (cursor && (!filter.after || wanted)) query.complain("cursor", "must be a next_cursor of an earlier page");
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));

    auto const page = co_await (wanted ? look_up(*wanted, filter) : store_.list_tasks(filter));
    if (!page) co_return unavailable_response(page.error());
    co_return http::json_response(200, render_task_lines(*page, overdue_check()));
}

/// What an id finds is little: the other filters are applied to it here.
awaitable<result<ports::task_page>> operations::look_up(ports::task_lookup what, ports::task_filter filter) {
    what.limit = longest_page;
    auto found = co_await store_.look_up_tasks(std::move(what));
    if (!found) co_return unexpected{std::move(found.error())};
    std::erase_if(*found, [&filter](core::task const& item) { return !ports::passes(filter, item); });
    auto page = ports::task_page{std::move(*found), false};
    if (page.items.size() > filter.limit) page.items.resize(filter.limit);
    co_return page;
}

awaitable<http::response> operations::task(http::request item) {
    auto const found = co_await store_.find_task(item.parameters.front());
    if (!found) co_return failed_action(found.error(), "task");
    auto const history = co_await store_.read_history(found->id);
    if (!history) co_return failed_action(history.error(), "task");
    co_return http::json_response(200, render_history(*history, overdue_check(), provider_url_));
}

awaitable<http::response> operations::list_deliveries(http::request item) {
    query_reader query{item};
    auto const sink = query.text("sink");
    auto const cursor = query.text("cursor");
    ports::delivery_filter filter{
        .state = query.one_of<core::delivery_state>("state").value_or(core::delivery_state::parked),
        .sink = sink ? std::optional{sink_name{*sink}} : std::nullopt,
        .cause = query.one_of<core::delivery_cause>("cause"),
        .after = cursor ? std::optional{delivery_id{*cursor}} : std::nullopt,
        .limit = query.count("limit", 1, longest_page).value_or(page_size)};
    if (filter.cause && filter.state != core::delivery_state::parked)
        query.complain("cause", "goes with state=parked only");
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
    if (order->action == resolution::resubmit && !order->accept_double_payment) co_return double_payment_possible();
    auto const found = co_await store_.find_task(item.parameters.front());
    if (!found) co_return failed_action(found.error(), "task");

    auto const now = clock_.now();
    auto const event = event_for(*order, item.principal);
    auto const done = ports::action{.at = now,
                                    .who = item.principal,
                                    .what = kind_of(order->action),
                                    .subject = found->id.value(),
                                    .why = order->reason};
    auto const changed = co_await store_.act_on_task(found->id, event, outbox_.renderer(), done);
    if (!changed) co_return failed_action(changed.error(), "task");
    log_info("operator_action", {{"operator", item.principal},
                                 {"action", to_text(order->action)},
                                 {"task", found->id},
                                 {"trace_id", core::trace_id_of(*found)}});
    note_action(activity_, done, found->id);
    announcer_.announce(*changed, now);
    co_return done_response();
}

awaitable<http::response> operations::retry(http::request item) {
    auto const id = delivery_id{item.parameters.front()};
    auto const now = clock_.now();
    auto const retried = co_await store_.retry_delivery(id, item.principal, now);
    if (!retried) co_return failed_action(retried.error(), "parked delivery");
    log_info(
        "operator_action",
        {{"operator", item.principal}, {"action", "retry"}, {"delivery", id}, {"trace_id", core::trace_id_of(id)}});
    note_action(activity_,
                {.at = now, .who = item.principal, .what = ports::action_kind::retry, .subject = id.value()});
    auto const parked_again = co_await store_.park_removed_sinks(bells_.sinks(), 1, now);
    if (parked_again && *parked_again > 0)
        co_return problem_response(409, "sink_removed",
                                   "The delivery's sink is not in the configuration; it stays parked.");
    bells_.ring_every_sink(now);
    co_return done_response();
}

awaitable<http::response> operations::discard(http::request item) {
    auto const reason = read_reason(item.body);
    if (!reason) co_return invalid_response(reason.error());
    auto const id = delivery_id{item.parameters.front()};
    auto const now = clock_.now();
    auto const discarded = co_await store_.discard_delivery(id, item.principal, *reason, now);
    if (!discarded) co_return failed_action(discarded.error(), "parked delivery");
    log_info(
        "operator_action",
        {{"operator", item.principal}, {"action", "discard"}, {"delivery", id}, {"trace_id", core::trace_id_of(id)}});
    note_action(activity_,
                {.at = now, .who = item.principal, .what = ports::action_kind::discard, .subject = id.value()});
    co_return done_response();
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
    note_action(activity_,
                {.at = now, .who = who, .what = *from_text<ports::action_kind>(action), .subject = sink.value()}, {},
                sink);
    bells_.ring_sink(sink, now);
    co_return done_response();
}

awaitable<http::response> operations::list_actions(http::request item) {
    query_reader query{item};
    auto const cursor = query.count("cursor", 1, std::numeric_limits<std::int64_t>::max());
    auto filter =
        ports::action_filter{.before = {}, .limit = query.count("limit", 1, longest_page).value_or(page_size)};
    if (cursor) filter.before = static_cast<std::int64_t>(*cursor);
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));

    auto const page = co_await store_.list_actions(filter);
    if (!page) co_return unavailable_response(page.error());
    co_return http::json_response(200, render_actions(*page));
}

}  // namespace voicehook::api
