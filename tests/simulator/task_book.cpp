#include "tests/simulator/task_book.hpp"

#include "tests/simulator/answers.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <utility>

namespace simulator {

task_ptr task_book::create(voice_request request, std::string body, std::string key, std::int64_t unix_seconds) {
    auto const number = next_number();
    auto item = std::make_shared<task>();
    item->number = number;
    item->created = unix_seconds;
    item->id = fmt::format("task-unified-{}-{:08x}", unix_seconds, chances_.unique(number));
    item->voice =
        fmt::format("qwen-tts-vd-{}-voice-{:%Y%m%d}-{:04x}", request.preferred_name,
                    fmt::gmtime(static_cast<std::time_t>(unix_seconds)), chances_.draw("voice", number) & 0xffffU);
    item->request = std::move(request);
    item->request_body = std::move(body);
    item->idempotency_key = std::move(key);

    by_number_.emplace(number, item);
    by_id_.emplace(item->id, item);
    if (!item->idempotency_key.empty()) by_key_.emplace(item->idempotency_key, item);
    ++numbers_.creates;
    return item;
}

task_ptr task_book::find(std::string_view id) const {
    auto const found = by_id_.find(std::string{id});
    return found == by_id_.end() ? nullptr : found->second;
}

task_ptr task_book::find_key(std::string_view key) const {
    auto const found = by_key_.find(std::string{key});
    return found == by_key_.end() ? nullptr : found->second;
}

void task_book::over(task_ptr const& item) {
    finished_.push_back(item->number);
    while (finished_.size() > finished_kept_) {
        auto const oldest = by_number_.extract(finished_.front());
        finished_.pop_front();
        auto const& gone = *oldest.mapped();
        by_id_.erase(gone.id);
        auto const key = by_key_.find(gone.idempotency_key);
        if (key != by_key_.end() && key->second == oldest.mapped()) by_key_.erase(key);
    }
}

void task_book::set_credits_left(std::optional<std::int64_t> left) noexcept {
    credits_ = left ? std::optional{*left + credits_used()} : std::nullopt;
}

std::optional<std::int64_t> task_book::credits_left() const noexcept {
    return credits_ ? std::optional{*credits_ - credits_used()} : std::nullopt;
}

bool task_book::can_pay_for_a_voice() const noexcept {
    return credits_left().value_or(credits_per_voice) >= credits_per_voice;
}

std::int64_t task_book::credits_used() const noexcept {
    return static_cast<std::int64_t>(numbers_.creates) * credits_per_voice;
}

}  // namespace simulator
