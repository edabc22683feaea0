#include "callers.hpp"

#include "wire/voice_design_request.hpp"

#include <memory>

namespace voicehook::simulation {
namespace {

constexpr std::size_t most_tries = 6;

std::string body_of(std::string_view prompt, std::string_view callback_url) {
    return fmt::format(
        R"({{"model":"qwen-voice-design","voice_prompt":"{}","preview_text":"hello","preferred_name":"ann"{}}})",
        prompt, callback_url.empty() ? std::string{} : fmt::format(R"(,"callback_url":"{}")", callback_url));
}

/// Read once: what the rules of the request say is tested elsewhere. The last is one that the provider refuses.
std::vector<wire::voice_design_submission> const& contents() {
    static auto const read = [] {
        auto list = std::vector<wire::voice_design_submission>{};
        for (auto const& body : {body_of("calm", ""), body_of("deep", ""), body_of("gentle", ""),
                                 body_of("bright", "https://caller.example.com/results"), body_of("REFUSE ME", "")})
            list.push_back(wire::read_voice_design(body).value());
        return list;
    }();
    return read;
}

}  // namespace

void callers::begin() {
    for (std::size_t number = 0; number < world_.rules.tasks; ++number) {
        auto& luck = world_.luck;
        auto item = wish{.caller = caller_name{luck.chance(0.5) ? "tts-web" : "batch"}};
        if (luck.chance(0.5)) item.key = fmt::format("order-{}", number);
        auto const invalid = world_.rules.rates[fault::task_invalid] > 0 && luck.chance(0.1);
        item.content = invalid ? contents().size() - 1 : luck.below(contents().size() - 1);
        again(std::move(item), luck.between(0ms, world_.rules.busy_for));
    }
}

void callers::again(wish item, duration after) {
    ++waiting_;
    world_.time.after(after, [this, item = std::move(item)]() mutable {
        --waiting_;
        ask(std::move(item));
    });
}

void callers::ask(wish item) {
    auto& luck = world_.luck;
    ++item.tries;
    auto* const there = find_();
    if (there == nullptr) {
        if (item.tries < most_tries) again(std::move(item), luck.between(1s, 10s));
        return;
    }
    auto request = flows::submission_request{.caller = item.caller,
                                             .max_open = world_.rules.max_open,
                                             .content = contents()[item.content],
                                             .idempotency_key = item.key,
                                             .trace_parent = {},
                                             .request_id = "sim",
                                             .wait = 10s};
    if (item.key && world_.strikes(fault::caller_repeats)) again(item, luck.between(0ms, 1min));
    if (item.key && world_.strikes(fault::caller_reuses_key)) {
        auto other = item;
        other.content = (item.content + 1) % (contents().size() - 1);
        again(std::move(other), luck.between(0ms, 1min));
    }
    auto const hears = !world_.strikes(fault::caller_gives_up);
    there->accept(std::move(request), [this, item, hears](std::optional<ports::acceptance> const& answer) {
        if (hears) heard(item, answer);
    });
}

void callers::heard(wish item, std::optional<ports::acceptance> const& answer) {
    using enum ports::acceptance_outcome;
    auto const refused = !answer || answer->what == over_quota || answer->what == still_running;
    if (refused && item.tries < most_tries) again(std::move(item), world_.luck.between(1s, 30s));
}

}  // namespace voicehook::simulation
