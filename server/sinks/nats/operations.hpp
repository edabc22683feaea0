// What a NATS server sends, read from bytes as they come.
#pragma once

#include "base/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::sinks::nats {

struct operation {
    enum class kind : std::uint8_t { info = 1, message, ping, pong, ok, error } is{kind::ok};
    std::string text;     ///< of INFO: its JSON; of -ERR: what it says, without quotes
    std::string subject;  ///< of a message
    std::string payload;
    int status{};  ///< of a message that has one in its headers: 503 without anybody who takes a request
    friend bool operator==(operation const&, operation const&) = default;
};

/// Source: docs.nats.io, "Client Protocol". Lines and payloads are short here: what is longer is a breach, so that a
/// server cannot make us hold what it likes.
class operation_reader {
public:
    void feed(std::string_view bytes) { buffer_.append(bytes); }
    /// The next whole operation; nothing while more bytes are needed. `protocol`: nothing more can be read.
    [[nodiscard]] result<std::optional<operation>> next();
    /// Bytes that no operation has used yet.
    [[nodiscard]] std::size_t unread() const noexcept { return buffer_.size(); }

    static constexpr std::size_t longest_line = 64 * 1024;
    static constexpr std::size_t longest_payload = 256 * 1024;

private:
    [[nodiscard]] result<std::optional<operation>> read_message(std::string_view line, std::size_t begin, bool headers);

    std::string buffer_;
};

}  // namespace voicehook::sinks::nats
