// A channel that answers by a script, and a screen that keeps what was said.
#pragma once

#include "app/ops/conversation.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::app::ops::test {

/// Answers in order; asked once more than that, it fails as a service that is gone.
class scripted_channel final : public channel {
public:
    scripted_channel& then(int status, std::string body);
    scripted_channel& then_unreachable();
    /// The next stream: these pieces, then its end.
    scripted_channel& then_stream(std::vector<std::string> pieces);
    /// Somebody presses Ctrl-C in the pause after so many others, or while a stream is followed when none is left.
    scripted_channel& interrupt_after(std::size_t pauses);

    result<answer> ask(question what) override;
    result<answer> follow(std::string path, std::string last_event_id,
                          std::function<result<void>(std::string_view)> on_bytes) override;
    bool pause(duration span) override;
    void heed_interrupts() override { heeds = true; }

    /// "GET /ops/v1/summary" or "POST /path {body}", in order.
    std::vector<std::string> asked;
    std::vector<std::string> resumed_after;  ///< the Last-Event-ID of each stream
    std::vector<duration> pauses;
    bool heeds{};

private:
    std::deque<result<answer>> answers_;
    std::deque<std::vector<std::string>> streams_;
    std::optional<std::size_t> interrupted_after_;
};

class kept_screen final : public screen {
public:
    [[nodiscard]] std::size_t width() const override { return columns; }
    [[nodiscard]] instant now() const override { return at; }

    std::string results;
    std::string remarks;
    std::optional<std::string> reply;  ///< nothing: no terminal
    std::size_t columns{};
    instant at{*parse_rfc3339("2026-04-02T12:00:00Z")};

protected:
    void write_result(std::string_view bytes) override { results += bytes; }
    void write_remark(std::string_view bytes) override { remarks += bytes; }
    [[nodiscard]] std::optional<std::size_t> remark_width() const override {
        return reply ? std::optional<std::size_t>{80} : std::nullopt;
    }
    std::optional<std::string> read_line() override { return reply; }
};

/// A conversation with both.
struct scripted {
    scripted_channel api;
    kept_screen terminal;
    conversation with{api, terminal};

    scripted& for_programs() {
        with.form = output::json;
        return *this;
    }
};

}  // namespace voicehook::app::ops::test
