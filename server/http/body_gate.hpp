// Follows a request's body on the wire: where it ends, and whether it is framed as it must be.
#pragma once

#include "http/chunk_gate.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>
#include <variant>

namespace voicehook::http {

/// A body of known length (0: none) or a chunked one.
class body_gate {
public:
    [[nodiscard]] static body_gate sized(std::uint64_t length) { return body_gate{sized_body{length}}; }
    [[nodiscard]] static body_gate chunked() { return body_gate{chunk_gate{}}; }

    /// Looks at the next bytes from the wire, each once.
    [[nodiscard]] std::expected<chunk_gate::progress, gate_reason> take(std::string_view bytes) {
        auto const seen = std::visit([bytes](auto& body) { return body.take(bytes); }, body_);
        if (seen) wire_bytes_ += seen->taken;
        return seen;
    }
    [[nodiscard]] bool finished() const {
        return std::visit([](auto const& body) { return body.finished(); }, body_);
    }
    /// How many bytes of the body have been seen, its framing included.
    [[nodiscard]] std::uint64_t wire_bytes() const noexcept { return wire_bytes_; }

private:
    struct sized_body {
        std::uint64_t left{};

        std::expected<chunk_gate::progress, gate_reason> take(std::string_view bytes) {
            auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
            left -= count;
            return chunk_gate::progress{.taken = count, .parsable = count};
        }
        [[nodiscard]] bool finished() const noexcept { return left == 0; }
    };
    using body = std::variant<sized_body, chunk_gate>;

    explicit body_gate(body what) : body_{what} {}

    body body_;
    std::uint64_t wire_bytes_{};
};

}  // namespace voicehook::http
