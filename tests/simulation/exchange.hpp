// One question over a simulated network: asked from inside of a life, answered from outside, or never.
#pragma once

#include "life.hpp"

#include <memory>
#include <optional>

namespace voicehook::simulation {

/// Shared by who asks and by whoever carries the question and the answer. Each of them may be gone first.
template <class Answer>
class exchange {
public:
    explicit exchange(life& asker) : asker_{asker.weak_from_this()}, place_{asker.new_ticket()} {}

    /// The answer has come; the first one counts.
    void answer(Answer what) {
        if (!answer_) answer_.emplace(std::move(what));
        end();
    }
    /// The connection is gone, without an answer.
    void end() {
        if (auto const asker = asker_.lock()) asker->resume(place_);
    }
    [[nodiscard]] life::ticket place() const noexcept { return place_; }
    [[nodiscard]] std::optional<Answer>& heard() noexcept { return answer_; }

private:
    std::weak_ptr<life> asker_;
    life::ticket place_;
    std::optional<Answer> answer_;
};

/// Waits for the answer, the end of the connection, `until`, or a cancellation.
template <class Answer>
[[nodiscard]] awaitable<std::optional<Answer>> hear(life& asker, std::shared_ptr<exchange<Answer>> about,
                                                    instant until) {
    asker.resume_at(about->place(), until);
    co_await asker.park(about->place(), while_waiting::cancellable);
    co_return std::move(about->heard());
}

}  // namespace voicehook::simulation
