// Finds the end of one HTTP/1.1 answer in the bytes that arrive.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace load {

/// Knows answers with a Content-Length or without a body, which is what the measured servers send.
class answer_reader {
public:
    enum class progress : unsigned char { incomplete = 1, complete, not_understood };

    [[nodiscard]] progress take(std::string_view bytes);
    void clear();

    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] std::string_view body() const;
    /// The server will close: the connection is of no more use.
    [[nodiscard]] bool closes() const noexcept { return closes_; }

private:
    [[nodiscard]] bool read_head(std::size_t length);

    std::string received_;
    std::size_t head_length_{};  ///< 0: not yet complete
    std::size_t body_length_{};
    int status_{};
    bool closes_{};
};

}  // namespace load
