// Writes lines to a descriptor on a thread of its own: whoever logs never waits for whoever reads.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace voicehook {

class line_writer {
public:
    /// The thread starts with the first line and may use `descriptor` until the process ends.
    line_writer(int descriptor, std::size_t capacity);
    /// Does not wait: what was taken is still written, as long as the process lives.
    ~line_writer();
    line_writer(line_writer const&) = delete;
    line_writer& operator=(line_writer const&) = delete;

    /// Takes a line without its line break; never waits. While `capacity` lines wait, it is dropped and counted. The
    /// first line after a silence is written at once, those that follow are written together every 5 ms.
    /// Safe from any thread.
    void write(std::string line);

    /// Waits until every line taken so far is written or dropped, at most `limit`; whether that came in time.
    bool flush(duration limit);

    /// Lines that nobody will read: the queue was full, or the descriptor refused them.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace voicehook
