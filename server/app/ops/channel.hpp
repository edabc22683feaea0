// What commands need of the world: questions to the operations API, its events, and waiting.
#pragma once

#include "base/failure.hpp"
#include "base/time.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace voicehook::app::ops {

struct question {
    std::string method{"GET"};
    std::string path;
    std::string body{};
    duration limit{30s};  ///< for the whole answer
};

struct answer {
    int status{};
    std::string body;
};

/// One operations API. Everything blocks; `stopping` or false tells that somebody pressed Ctrl-C.
class channel {
public:
    virtual ~channel() = default;

    /// One question. `timeout` when the answer is not complete within its limit, `too_large` past 64 MiB; what
    /// else can happen is told in words (`refused`, `tls`, `dns`, `reset`, `protocol`, `unreadable`).
    [[nodiscard]] virtual result<answer> ask(question what) = 0;

    /// Follows a stream: hands out its bytes as they come until it ends; `last_event_id` may be empty. An answer other
    /// than 200 comes back whole; a stream that ended gives an answer of 200 without a body. `timeout` when
    /// nothing comes for half a minute.
    [[nodiscard]] virtual result<answer> follow(std::string path, std::string last_event_id,
                                                std::function<result<void>(std::string_view)> on_bytes) = 0;

    /// Waits; false when interrupted, then or before.
    [[nodiscard]] virtual bool pause(duration span) = 0;

    /// From now on Ctrl-C does not end the process but whatever waits here.
    virtual void heed_interrupts() = 0;
};

}  // namespace voicehook::app::ops
