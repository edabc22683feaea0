#include "gate.hpp"

namespace voicehook::contract {

void gate::shut() {
    auto const held = std::scoped_lock{guard_};
    shut_ = true;
    visited_ = false;
}

void gate::open() {
    {
        auto const held = std::scoped_lock{guard_};
        shut_ = false;
    }
    changed_.notify_all();
}

void gate::pass() {
    auto held = std::unique_lock{guard_};
    visited_ = shut_;
    changed_.notify_all();
    changed_.wait(held, [this] { return !shut_; });
}

void gate::await_visitor() {
    auto held = std::unique_lock{guard_};
    changed_.wait(held, [this] { return visited_; });
}

}  // namespace voicehook::contract
