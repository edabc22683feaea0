// What Redis says, read from bytes as they come.
#pragma once

#include "base/failure.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::sinks::redis {

struct reply {
    enum class kind : std::uint8_t { status = 1, text, integer, nothing, error } is{kind::nothing};
    std::string text;    ///< of a status, text or error
    long long number{};  ///< of an integer
    friend bool operator==(reply const&, reply const&) = default;
};

/// No command of ours is answered with an array, or with more than a line: both are a breach of the protocol here, so
/// that a server cannot make us hold what it likes.
class reply_reader {
public:
    reply_reader();
    ~reply_reader();
    reply_reader(reply_reader const&) = delete;
    reply_reader& operator=(reply_reader const&) = delete;

    void feed(std::string_view bytes);
    /// The next whole reply; nothing while more bytes are needed. `protocol`: nothing more can be read.
    [[nodiscard]] result<std::optional<reply>> next();
    /// Bytes that no reply has used yet.
    [[nodiscard]] std::size_t unread() const noexcept;

    static constexpr std::size_t longest_reply = 64 * 1024;

private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

}  // namespace voicehook::sinks::redis
