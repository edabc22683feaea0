// Those who post tasks: with keys and without, twice, with another body, and some give up.
#pragma once

#include "replica.hpp"
#include "world.hpp"

#include <functional>
#include <optional>
#include <string>

namespace voicehook::simulation {

class callers {
public:
    /// A replica that answers now; nullptr while there is none.
    using find_function = std::function<replica*()>;

    callers(world& around, find_function find) : world_{around}, find_{std::move(find)} {}

    /// Plans every request of the episode.
    void begin();
    /// Whether somebody still means to ask.
    [[nodiscard]] bool busy() const noexcept { return waiting_ > 0; }

private:
    struct wish {
        caller_name caller;
        std::optional<std::string> key;
        std::size_t content{};
        std::size_t tries{};
    };
    void ask(wish item);
    void again(wish item, duration after);
    void heard(wish item, std::optional<ports::acceptance> const& answer);

    world& world_;
    find_function find_;
    std::size_t waiting_{};
};

}  // namespace voicehook::simulation
