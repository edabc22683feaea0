// What happened in an episode, for whoever reads a failure; written down only when somebody will.
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::simulation {

class trace {
public:
    enum class mode : std::uint8_t { off = 1, on };

    explicit trace(mode how) : mode_{how} {}

    [[nodiscard]] bool on() const noexcept { return mode_ == mode::on; }

    /// A line about one task.
    template <class... Args>
    void about(task_id const& task, instant now, fmt::format_string<Args...> text, Args&&... args) {
        if (on()) lines_.push_back({now, task, fmt::format(text, std::forward<Args>(args)...)});
    }
    /// A line about the world.
    template <class... Args>
    void note(instant now, fmt::format_string<Args...> text, Args&&... args) {
        about(task_id{}, now, text, std::forward<Args>(args)...);
    }

    /// The lines of a task and of the world, as text; of everybody without a task.
    [[nodiscard]] std::vector<std::string> lines_of(task_id const& task) const;

private:
    struct line {
        instant at;
        task_id task;
        std::string text;
    };
    mode mode_;
    std::vector<line> lines_;
};

}  // namespace voicehook::simulation
