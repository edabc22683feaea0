// The requests to send, rendered before the clock starts.
#pragma once

#include "tests/bench/load_options.hpp"

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace load {

/// Hands requests out one by one: each of the file in its order, and between them the chosen share of repetitions.
class request_list {
public:
    /// Reads records of `u32 path bytes, u32 body bytes, path, body` (little-endian) and renders each as a POST.
    [[nodiscard]] static std::expected<request_list, std::string> read(options const& chosen);
    /// One `GET /livez` for each connection.
    [[nodiscard]] static request_list probes(options const& chosen);

    /// The next request's bytes; nothing when there is no more to send.
    [[nodiscard]] std::optional<std::string_view> next();
    [[nodiscard]] std::size_t repeated() const noexcept { return repeated_; }

private:
    explicit request_list(options const& chosen);
    void add(std::string_view method, std::string_view path, std::string_view body);
    [[nodiscard]] std::string_view at(std::size_t number) const;

    std::string fields_;
    std::string bytes_;
    std::vector<std::size_t> ends_;
    at_the_end ending_;
    std::size_t limit_;
    std::size_t duplicates_percent_;
    std::size_t distance_;  ///< a repeated request is at least so old, so that it has been answered
    std::size_t fresh_{};
    std::size_t handed_out_{};
    std::size_t repeated_{};
};

}  // namespace load
