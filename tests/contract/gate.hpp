// Holds a store's thread at the end of a commit, so that a test says what waits behind it.
#pragma once

#include <condition_variable>
#include <mutex>

namespace voicehook::contract {

/// Open at first.
class gate {
public:
    void shut();
    void open();
    /// Waits while the gate is shut.
    void pass();
    /// Waits until somebody waits at the shut gate.
    void await_visitor();

private:
    std::mutex guard_;
    std::condition_variable changed_;
    bool shut_{};
    bool visited_{};
};

}  // namespace voicehook::contract
