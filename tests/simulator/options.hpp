// The command line.
#pragma once

#include "tests/simulator/callback_url.hpp"
#include "tests/simulator/event_log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

/// Everything that can be chosen at start.
struct options {
    std::string listen = "127.0.0.1:0";
    std::string control = "127.0.0.1:0";
    std::string certificate;
    std::string key;
    std::string callback_ca;
    address_policy addresses = address_policy::public_only;
    std::uint64_t seed = 1;
    std::string api_key = "sk-evo-simulator";
    std::chrono::milliseconds work{15'000};
    std::vector<std::chrono::milliseconds> callback_retry{std::chrono::seconds{1}, std::chrono::seconds{2},
                                                          std::chrono::seconds{4}};
    std::chrono::milliseconds callback_timeout{10'000};
    std::size_t callback_connections = 512;
    std::size_t keep_tasks = 200'000;
    std::int64_t credits = 1'000'000'000;
    std::vector<std::string> faults;  ///< name=value
    verbosity log = verbosity::events;
};

/// Why there are no options: text for the user and the exit code (0 for `--help`).
struct option_stop {
    std::string text;
    int exit_code = 2;
};

/// Reads the command line; `EVOLINK_SIM_API_KEY` stands in for `--api-key`.
[[nodiscard]] std::expected<options, option_stop> read_options(int count, char const* const* words);

/// "250ms", "1.5s", "2m" or "1h".
[[nodiscard]] std::expected<std::chrono::milliseconds, std::string> parse_duration(std::string_view text);

}  // namespace simulator
