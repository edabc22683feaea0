#include "tests/simulator/courier.hpp"

#include <fmt/format.h>

#include <utility>

namespace simulator {
namespace {

constexpr std::size_t kept_answer_bytes = 256;

callback_url url_of(task const& owner) {
    // The URL was accepted with the task, so only its syntax matters here.
    return parse_callback_url(owner.request.callback_url, address_policy::everything).value_or(callback_url{});
}

bool is_success(unsigned status) { return status >= 200 && status < 300; }

}  // namespace

awaitable<void> courier::attempt(task_ptr owner, delivery& item) {
    auto record = callback_record{.status = item.status, .kind = item.kind, .attempt = ++item.attempts};
    auto request = callback_request(url_of(*owner), item.body);
    ++book_.count().attempts;
    auto const answer = co_await send(owner, std::move(request), std::move(record));

    if (is_success(answer.status) && std::exchange(item.ears, delivery::hearing::good) == delivery::hearing::good) {
        item.now = delivery::state::acknowledged;
        ++book_.count().acknowledged;
    } else if (item.attempts > chosen_.callback_retry.size()) {
        item.now = delivery::state::given_up;
        ++book_.count().given_up;
        log_.event("callback_given_up", json_text{}.text("task", owner->id).number("attempts", item.attempts));
    }
}

awaitable<void> courier::deliver(task_ptr owner, delivery item) {
    while (item.now == delivery::state::open) {
        if (item.attempts > 0) co_await pause(chosen_.callback_retry[item.attempts - 1]);
        co_await attempt(owner, item);
    }
}

awaitable<void> courier::send_hostile(task_ptr owner, hostile kind, std::string body, std::string status) {
    auto const stranger = stranger_id(*owner);
    auto stranger_body = body;
    auto const at = stranger_body.find(owner->id);
    if (at != std::string::npos) stranger_body.replace(at, owner->id.size(), stranger);

    for (auto const text : kind_table<hostile>::texts) {
        auto const one = kind_named<hostile>(text).value_or(hostile::all);
        if (one == hostile::all || (kind != hostile::all && kind != one)) continue;
        auto record = callback_record{.status = status, .kind = fmt::format("hostile:{}", text)};
        auto request = hostile_request(one, url_of(*owner), body, stranger_body);
        ++book_.count().hostile;
        co_await send(owner, std::move(request), std::move(record));
    }
}

awaitable<unsigned> courier::send_once(task_ptr owner, std::string body, std::string status) {
    auto record = callback_record{.status = std::move(status), .kind = "control"};
    auto request = callback_request(url_of(*owner), body);
    ++book_.count().control;
    auto const answer = co_await send(owner, std::move(request), std::move(record));
    co_return answer.status;
}

awaitable<callback_answer> courier::send(task_ptr const& owner, raw_request request, callback_record record) {
    auto url = url_of(*owner);
    auto const host = url.host;
    auto const begun = steady::now();
    record.at_ms = unix_milliseconds();
    auto answer = co_await sender_.send(std::move(url), std::move(request));
    record.answer = answer.status;
    record.answer_body = answer.body.substr(0, kept_answer_bytes);
    record.error = answer.error;

    if (log_.level() == verbosity::events) {
        auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - begun);
        log_.event("callback", json_text{}
                                   .text("task", owner->id)
                                   .text("host", host)
                                   .text("kind", record.kind)
                                   .text("status", record.status)
                                   .number("attempt", record.attempt)
                                   .number("answer", record.answer)
                                   .text("error", record.error)
                                   .number("took_ms", took.count()));
    }
    owner->callbacks.push_back(std::move(record));
    co_return answer;
}

std::string courier::stranger_id(task const& owner) const {
    for (auto const& [number, other] : book_.in_order()) {
        if (other->id != owner.id) return other->id;
    }
    return fmt::format("task-unified-{}-00000000", owner.created);
}

}  // namespace simulator
