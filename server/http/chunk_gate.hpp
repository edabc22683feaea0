// Checks the framing of a chunked body before any parser sees it.
#pragma once

#include "http/wire_gate.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

namespace voicehook::http {

/// Follows a chunked body byte by byte (RFC 9112, 7.1), however it is cut into packets. Stricter than the RFC: no chunk
/// extensions, no trailers, sizes of at most eight digits.
class chunk_gate {
public:
    /// What was seen of the bytes handed in so far.
    struct progress {
        std::size_t taken{};  ///< of this call's bytes, how many belong to the body: all, unless it ended
        std::size_t
            parsable{};  ///< of `taken`, how many end with a whole line or data: the rest waits for its line's end
    };

    [[nodiscard]] std::expected<progress, gate_reason> take(std::string_view bytes) noexcept;

    /// The last chunk and the empty line after it have been seen.
    [[nodiscard]] bool finished() const noexcept { return at_ == place::end; }

private:
    enum class place : std::uint8_t { size, size_lf, data, data_cr, data_lf, last_cr, last_lf, end };

    std::expected<void, gate_reason> step(char byte) noexcept;
    std::expected<void, gate_reason> step_size(char byte) noexcept;

    place at_{place::size};
    std::uint64_t left_{};  ///< of the chunk's size or data
    unsigned digits_{};
};

}  // namespace voicehook::http
