#include "tests/simulator/control_routes.hpp"

#include "tests/simulator/answers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <expected>
#include <optional>
#include <vector>

namespace simulator {
namespace {

namespace json = boost::json;

constexpr std::string_view tasks_path = "/control/tasks";
constexpr std::int64_t most_callbacks = 1000;

/// What `POST /control/tasks/{id}/callback` asks for.
struct callback_order {
    std::optional<outcome> how;
    std::optional<std::string> body;
    std::int64_t times = 1;
};

http_reply complaint_reply(unsigned status, std::string_view what) {
    return {.status = status, .body = json_text{}.text("error", what).str()};
}

std::string joined(std::vector<std::string> const& items) { return fmt::format("[{}]", fmt::join(items, ",")); }

std::string text_of_record(callback_record const& record) {
    return json_text{}
        .number("at_ms", record.at_ms)
        .text("status", record.status)
        .text("kind", record.kind)
        .number("answer", record.answer)
        .number("attempt", record.attempt)
        .text("answer_body", record.answer_body)
        .text("error", record.error)
        .str();
}

std::string text_of_task(task const& item) {
    auto records = std::vector<std::string>{};
    for (auto const& record : item.callbacks) records.push_back(text_of_record(record));
    auto const ending = item.ended.value_or(item.plan.ending);
    return json_text{}
        .text("id", item.id)
        .text("idempotency_key", item.idempotency_key)
        .text("callback_url", item.request.callback_url)
        .text("request_body", item.request_body)
        .text("status", view_of(item, steady::now()).status)
        .text("outcome", text_of(ending))
        .number("submits", item.submits)
        .raw("callbacks", joined(records))
        .str();
}

// The number of a query parameter, or nothing.
std::optional<std::size_t> parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        auto const pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
        auto const digits = pair.substr(name.size() + 1);
        auto number = std::size_t{0};
        auto const [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (failed == std::errc{} && end == digits.data() + digits.size()) return number;
    }
    return std::nullopt;
}

std::expected<callback_order, std::string> read_order(std::string_view body) {
    auto order = callback_order{};
    if (body.empty()) return order;
    auto failed = boost::system::error_code{};
    auto const parsed = json::parse(body, failed);
    if (failed || !parsed.is_object()) return std::unexpected{"the body must be a JSON object"};
    for (auto const& [key, value] : parsed.get_object()) {
        if (key == "outcome" && value.is_string()) {
            order.how = kind_named<outcome>(std::string_view{value.get_string()});
            if (!order.how) return std::unexpected{"unknown outcome"};
        } else if (key == "body" && value.is_string()) {
            order.body = std::string{value.get_string()};
        } else if (key == "times" && value.is_int64() && value.get_int64() > 0 && value.get_int64() <= most_callbacks) {
            order.times = value.get_int64();
        } else {
            return std::unexpected{fmt::format("unknown or wrong member \"{}\"", std::string_view{key})};
        }
    }
    return order;
}

}  // namespace

awaitable<http_reply> control_routes::answer(http_request request) {
    auto const path = std::string_view{request.path};
    if (path == "/control/stats" && request.method == "GET") co_return stats();
    if (path == "/control/faults") {
        if (request.method == "PUT") co_return change_faults(request.body);
        if (request.method == "DELETE") faults_.clear();
        if (request.method != "DELETE" && request.method != "GET") co_return complaint_reply(405, "GET, PUT or DELETE");
        co_return http_reply{.body = faults_.as_json()};
    }
    if (path == "/control/credits" && request.method == "PUT") co_return change_credits(request.body);
    if (path == tasks_path && request.method == "GET") co_return tasks(request.query);
    if (path.starts_with(tasks_path) && path.substr(tasks_path.size()).starts_with('/')) {
        auto const rest = path.substr(tasks_path.size() + 1);
        auto const id = rest.substr(0, rest.find('/'));
        auto const action = rest.substr(id.size());
        if (action == "/callback" && request.method == "POST") co_return co_await call_back(id, request.body);
        auto const item = book_.find(id);
        if (action.empty() && item != nullptr) co_return http_reply{.body = text_of_task(*item)};
    }
    co_return complaint_reply(404, "no such control route or task");
}

http_reply control_routes::too_large() { return complaint_reply(413, "body too large"); }

http_reply control_routes::stats() const {
    auto const& numbers = book_.count();
    auto const callbacks = json_text{}
                               .number("attempts", numbers.attempts)
                               .number("acknowledged", numbers.acknowledged)
                               .number("given_up", numbers.given_up)
                               .number("hostile", numbers.hostile)
                               .number("control", numbers.control)
                               .str();
    return {.body = json_text{}
                        .number("creates", numbers.creates)
                        .number("submits", numbers.submits)
                        .number("replays", numbers.replays)
                        .number("queries", numbers.queries)
                        .raw("callbacks", callbacks)
                        .str()};
}

http_reply control_routes::tasks(std::string_view query) const {
    auto const skipped = parameter(query, "offset").value_or(0);
    auto const limit = parameter(query, "limit").value_or(book_.in_order().size());
    auto texts = std::vector<std::string>{};
    auto at = std::size_t{0};
    for (auto const& [number, item] : book_.in_order()) {
        if (at++ < skipped) continue;
        if (texts.size() == limit) break;
        texts.push_back(text_of_task(*item));
    }
    return {.body = joined(texts)};
}

http_reply control_routes::change_faults(std::string_view body) {
    auto failed = boost::system::error_code{};
    auto const parsed = json::parse(body, failed);
    if (failed || !parsed.is_object()) return complaint_reply(400, "the body must be a JSON object");
    auto const merged = faults_.merge(parsed.get_object());
    if (!merged) return complaint_reply(400, merged.error());
    return {.body = faults_.as_json()};
}

http_reply control_routes::change_credits(std::string_view body) {
    auto failed = boost::system::error_code{};
    auto const parsed = json::parse(body, failed);
    auto const* const members = parsed.if_object();
    auto const* const left = members != nullptr && members->size() == 1 ? members->if_contains("remaining") : nullptr;
    if (failed || left == nullptr || !(left->is_null() || left->is_int64()))
        return complaint_reply(400, "the body must be {\"remaining\":N} or {\"remaining\":null}");
    book_.set_credits_left(left->is_null() ? std::nullopt : std::optional{left->get_int64()});
    return {.body = credits_body(book_.credits_left(), book_.credits_used())};
}

awaitable<http_reply> control_routes::call_back(std::string_view id, std::string_view body) {
    auto const item = book_.find(id);
    if (item == nullptr) co_return complaint_reply(404, "no such task");
    if (item->request.callback_url.empty()) co_return complaint_reply(409, "this task has no callback URL");
    auto const order = read_order(body);
    if (!order) co_return complaint_reply(400, order.error());

    auto const view = view_of(*item, steady::now());
    auto const status = order->body  ? std::string{"raw"}
                        : order->how ? std::string{ended_status(*order->how, std::nullopt)}
                                     : std::string{view.status};
    auto const sent = order->body  ? *order->body
                      : order->how ? ended_body(*item, *order->how, std::nullopt)
                                   : query_body(*item, view);
    auto answers = std::vector<std::string>{};
    for (auto time = std::int64_t{0}; time < order->times; ++time) {
        auto const answer = co_await post_.send_once(item, sent, status);
        answers.push_back(std::to_string(answer));
    }
    co_return http_reply{.body = json_text{}.raw("answers", joined(answers)).str()};
}

}  // namespace simulator
