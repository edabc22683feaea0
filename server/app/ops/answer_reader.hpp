// Reads an HTTP answer piece by piece, as its bytes come.
#pragma once

#include "base/failure.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace voicehook::app::ops {

/// A state machine without a socket: `take` bytes, then `end` when the connection ended. The body comes by length, in
/// chunks or until the end (RFC 9112, 6.3); chunk extensions and trailers are skipped.
class answer_reader {
public:
    /// Reads on. `protocol` when the bytes are no HTTP/1 answer, `too_large` for a head over 64 KiB.
    [[nodiscard]] result<void> take(std::string_view bytes);
    /// The connection ended. `reset` when the answer is not complete.
    [[nodiscard]] result<void> end();

    [[nodiscard]] bool head_complete() const noexcept { return part_ != part::head; }
    [[nodiscard]] bool complete() const noexcept { return part_ == part::done; }
    [[nodiscard]] int status() const noexcept { return status_; }
    /// The body's bytes that came since the last call.
    [[nodiscard]] std::string body();

private:
    enum class part : unsigned char { head = 1, chunk_size, trailers, chunk, chunk_end, counted, until_end, done };

    result<void> read_head(std::string_view head);
    result<bool> step();
    result<bool> line_step();
    bool take_body(part next);

    part part_{part::head};
    int status_{};
    std::string waiting_;  ///< not read yet
    std::size_t left_{};   ///< of the body or of the chunk
    std::string body_;
};

}  // namespace voicehook::app::ops
