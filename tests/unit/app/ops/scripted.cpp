#include "tests/unit/app/ops/scripted.hpp"

#include <utility>

namespace voicehook::app::ops::test {

scripted_channel& scripted_channel::then(int status, std::string body) {
    answers_.emplace_back(answer{status, std::move(body)});
    return *this;
}

scripted_channel& scripted_channel::then_unreachable() {
    answers_.emplace_back(fail(errc::refused, "nobody listens"));
    return *this;
}

scripted_channel& scripted_channel::then_stream(std::vector<std::string> pieces) {
    streams_.push_back(std::move(pieces));
    return *this;
}

scripted_channel& scripted_channel::interrupt_after(std::size_t pauses_before) {
    interrupted_after_ = pauses_before;
    return *this;
}

result<answer> scripted_channel::ask(question what) {
    asked.push_back(what.method + " " + what.path + (what.body.empty() ? "" : " " + what.body));
    if (answers_.empty()) return fail(errc::refused, "the script is over");
    auto next = std::move(answers_.front());
    answers_.pop_front();
    return next;
}

result<answer> scripted_channel::follow(std::string path, std::string last_event_id,
                                        std::function<result<void>(std::string_view)> on_bytes) {
    asked.push_back("GET " + path);
    resumed_after.push_back(std::move(last_event_id));
    if (streams_.empty() && !answers_.empty()) {
        auto next = std::move(answers_.front());
        answers_.pop_front();
        return next;
    }
    if (streams_.empty()) return fail(errc::stopping, "interrupted");
    auto const pieces = std::move(streams_.front());
    streams_.pop_front();
    for (auto const& piece : pieces) {
        auto const taken = on_bytes(piece);
        if (!taken) return std::unexpected{taken.error()};
    }
    return answer{200, {}};
}

bool scripted_channel::pause(duration span) {
    pauses.push_back(span);
    return !interrupted_after_ || pauses.size() <= *interrupted_after_;
}

}  // namespace voicehook::app::ops::test
