// Brings callbacks to their URL: attempts, retries, duplicates and hostile company.
#pragma once

#include "tests/simulator/callback_sender.hpp"
#include "tests/simulator/event_log.hpp"
#include "tests/simulator/options.hpp"
#include "tests/simulator/task_book.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simulator {

/// One body on its way: the first attempt and its retries.
struct delivery {
    enum class state : std::uint8_t { open, acknowledged, given_up };
    enum class hearing : std::uint8_t { good, deaf_once };  ///< deaf_once: the first 2xx is taken for a failure

    std::string body;
    std::string status;  ///< the task status in the body
    std::string kind;    ///< as in `callback_record`
    hearing ears = hearing::good;
    unsigned attempts = 0;
    state now = state::open;
};

/// Sends and records. Must outlive its coroutines.
class courier {
public:
    courier(callback_sender& sender, task_book& book, event_log const& log, options const& chosen)
        : sender_{sender}, book_{book}, log_{log}, chosen_{chosen} {}

    /// One attempt, without waiting for its turn. After the last one `item` is given up.
    [[nodiscard]] awaitable<void> attempt(task_ptr owner, delivery& item);

    /// Attempts and waits until acknowledged or given up.
    [[nodiscard]] awaitable<void> deliver(task_ptr owner, delivery item);

    /// The hostile requests of this kind, before a true callback with this body.
    [[nodiscard]] awaitable<void> send_hostile(task_ptr owner, hostile kind, std::string body, std::string status);

    /// One attempt that the control endpoint asked for. Returns the HTTP status, 0 for none.
    [[nodiscard]] awaitable<unsigned> send_once(task_ptr owner, std::string body, std::string status);

private:
    awaitable<callback_answer> send(task_ptr const& owner, raw_request request, callback_record record);
    [[nodiscard]] std::string stranger_id(task const& owner) const;

    callback_sender& sender_;
    task_book& book_;
    event_log const& log_;
    options const& chosen_;
};

}  // namespace simulator
