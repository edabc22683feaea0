#include "tests/simulator/provider_routes.hpp"

#include "tests/simulator/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

namespace simulator {
namespace {

constexpr std::string_view submit_path = "/v1/audios/generations";
constexpr std::string_view tasks_path = "/v1/tasks/";
constexpr std::string_view credits_path = "/v1/credits";

http_reply reply_from(refusal refused) {
    auto reply = http_reply{
        .status = refused.status, .body = std::move(refused.body), .content_type = std::string{refused.content_type}};
    if (!refused.retry_after.empty()) reply.fields.emplace_back("Retry-After", refused.retry_after);
    return reply;
}

// 16 to 96 of [A-Za-z0-9._-].
bool is_idempotency_key(std::string_view key) {
    return key.size() >= 16 && key.size() <= 96 && std::ranges::all_of(key, [](char letter) {
               return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '.' || letter == '_' ||
                      letter == '-';
           });
}

bool is_task_id(std::string_view id) {
    constexpr std::string_view prefix = "task-";
    return id.starts_with(prefix) && id.size() > prefix.size() && id.size() <= 128 &&
           std::ranges::all_of(id, [](char letter) {
               return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '-' || letter == '_';
           });
}

std::int64_t unix_seconds() { return unix_milliseconds() / 1000; }

}  // namespace

awaitable<http_reply> provider_routes::answer(http_request request) {
    auto const begun = steady::now();
    auto const request_id = next_request_id();
    auto reply = co_await route(request, request_id);
    reply.fields.emplace_back("X-Request-Id", request_id);
    if (log_.level() == verbosity::events) {
        auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - begun);
        log_.event("request", json_text{}
                                  .text("request_id", request_id)
                                  .text("method", request.method)
                                  .text("path", request.path)
                                  .number("status", reply.status)
                                  .number("took_ms", took.count()));
    }
    co_return reply;
}

http_reply provider_routes::too_large() {
    auto reply = reply_from(request_too_large());
    reply.fields.emplace_back("X-Request-Id", next_request_id());
    log_.event("request_too_large", {});
    return reply;
}

std::string provider_routes::next_request_id() {
    return fmt::format("req-{:016x}", chances_.draw("request id", ++requests_));
}

awaitable<http_reply> provider_routes::route(http_request const& request, std::string const& request_id) {
    if (!authorised(request)) co_return reply_from(refusal_for(submit_error::unauthorized, request_id));
    if (request.method == "POST" && request.path == submit_path) {
        auto asked = submission{request, request_id, ++book_.count().submits};
        co_return co_await submit(std::move(asked));
    }
    if (request.method == "GET" && request.path.starts_with(tasks_path)) {
        co_return query(std::string_view{request.path}.substr(tasks_path.size()), request_id);
    }
    if (request.method == "GET" && request.path == credits_path) {
        co_return http_reply{.body = credits_body(book_.credits_left(), book_.credits_used())};
    }
    co_return reply_from(no_such_route());
}

awaitable<http_reply> provider_routes::submit(submission asked) {
    if (auto const fault = faults_.take<submit_error>(asked.number)) {
        co_return reply_from(refusal_for(*fault, asked.request_id));
    }
    if (!asked.request.field("Content-Type").starts_with("application/json")) {
        co_return reply_from(invalid_request("Content-Type must be application/json", {}));
    }
    auto const key = asked.request.field("Idempotency-Key");
    if (!key.empty() && !is_idempotency_key(key)) {
        co_return reply_from(
            invalid_request("Idempotency-Key must be 16 to 96 of A-Z a-z 0-9 . _ -", "Idempotency-Key"));
    }
    auto wanted = read_request(asked.request.body, chosen_.addresses);
    if (!wanted) {
        auto message = std::string{};
        for (auto const& one : wanted.error()) message += (message.empty() ? "" : "; ") + one.message;
        co_return reply_from(invalid_request(message, wanted.error().front().param));
    }

    auto const manner = faults_.take<idempotency>(asked.number).value_or(idempotency::honoured);
    auto const original = manner == idempotency::honoured && !key.empty() ? book_.find_key(key) : nullptr;
    if (original != nullptr) {
        auto refused = replay(asked, original);
        if (refused) co_return std::move(*refused);
        auto const view = view_of(*original, steady::now());
        auto again = http_reply{.body = view.ended ? query_body(*original, view)
                                                   : accepted_body(*original, view, estimate(), id_member::present)};
        again.fields.emplace_back("idempotency-replayed", "true");
        co_return co_await answer_accepted(std::move(asked), original, std::move(again));
    }
    if (!book_.can_pay_for_a_voice()) {
        co_return reply_from(refusal_for(submit_error::insufficient_quota, asked.request_id));
    }
    co_return co_await accept(std::move(asked), std::move(*wanted));
}

std::optional<http_reply> provider_routes::replay(submission const& asked, task_ptr const& original) {
    if (original->request_body != asked.request.body) {
        return reply_from(refusal_for(submit_error::idempotency_conflict, asked.request_id));
    }
    if (original->answer == first_answer::in_flight) {
        return reply_from(refusal_for(submit_error::paid_outcome_unknown, asked.request_id));
    }
    ++original->submits;
    ++book_.count().replays;
    return std::nullopt;
}

awaitable<http_reply> provider_routes::accept(submission asked, voice_request wanted) {
    auto const plan = plan_task(faults_, book_.next_number(), chosen_.work);
    auto const item = book_.create(std::move(wanted), asked.request.body,
                                   std::string{asked.request.field("Idempotency-Key")}, unix_seconds());
    item->plan = plan;
    item->accepted_at = steady::now();
    auto const pending = task_view{.status = "pending"};
    auto reply = http_reply{.body = accepted_body(*item, pending, estimate(), id_member::present)};
    co_await work_.begin(item);
    co_return co_await answer_accepted(std::move(asked), item, std::move(reply));
}

awaitable<http_reply> provider_routes::answer_accepted(submission asked, task_ptr item, http_reply reply) {
    auto const loss = faults_.take<submit_response>(asked.number);
    if (auto const wait = faults_.take(delay::submit, asked.number)) co_await pause(*wait);
    item->answer = first_answer::given;
    if (loss == submit_response::reset) reply.how = departure::reset;
    if (loss == submit_response::hang) reply.how = departure::hang;
    if (loss == submit_response::no_id) {
        auto const view = view_of(*item, item->accepted_at);
        reply.body = accepted_body(*item, view, estimate(), id_member::missing);
    }
    co_return reply;
}

http_reply provider_routes::query(std::string_view id, std::string_view request_id) {
    auto const number = ++book_.count().queries;
    auto const fault = faults_.take<query_error>(number);
    if (fault && fault != query_error::stall) return reply_from(refusal_for(*fault, request_id));
    if (!is_task_id(id)) return reply_from(invalid_task_id());
    auto const item = book_.find(id);
    if (item == nullptr) return reply_from(task_not_found());
    auto reply = http_reply{.body = query_body(*item, view_of(*item, steady::now()))};
    if (fault) reply.how = departure::half;
    return reply;
}

bool provider_routes::authorised(http_request const& request) const {
    return request.field("Authorization") == "Bearer " + chosen_.api_key;
}

std::chrono::seconds provider_routes::estimate() const {
    return std::max(std::chrono::ceil<std::chrono::seconds>(chosen_.work), std::chrono::seconds{1});
}

}  // namespace simulator
