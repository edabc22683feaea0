// What the load generator is told on its command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace load {

/// What a connection does after an answer.
enum class reuse : unsigned char { keep_alive = 1, one_request };
/// What happens when every request of the file was sent once.
enum class at_the_end : unsigned char { stop = 1, begin_again };
enum class transport : unsigned char { tls = 1, plain };
/// Measures, or opens connections and keeps them open and idle.
enum class work : unsigned char { measure = 1, hold };

struct options {
    std::uint16_t port{};
    transport over{transport::tls};
    std::size_t connections{64};
    reuse after{reuse::keep_alive};
    std::string requests_file;
    at_the_end ending{at_the_end::stop};
    std::size_t limit_requests{};     ///< 0: until the file or the time ends
    double limit_seconds{30};         ///< wall time of the measurement
    unsigned duplicates_percent{};    ///< so many of 100 requests repeat an earlier, answered one
    std::vector<std::string> fields;  ///< whole header lines, added to each request
    std::string bodies_file;          ///< bodies of 2xx answers go there, one per line
    work what{work::measure};
};

/// Reads the command line; otherwise what to print and the exit code.
struct option_stop {
    std::string text;
    int exit_code{};
};
[[nodiscard]] std::expected<options, option_stop> read_options(int count, char const* const* words);

}  // namespace load
