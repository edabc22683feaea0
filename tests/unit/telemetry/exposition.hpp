// Reads the Prometheus text format strictly enough to find what a scraper would stumble over.
#pragma once

#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace voicehook::telemetry::testing {

/// Metrics as a scraper sees them.
struct exposition {
    std::map<std::string, std::string> types;  ///< family → counter, gauge, histogram
    std::map<std::string, std::string> helps;
    std::map<std::string, double> samples;  ///< `name{label="value",…}` with sorted labels → value

    /// The value of a series; -1 when it is not there.
    [[nodiscard]] double value(std::string const& series) const;
    /// The values that a label has in one metric.
    [[nodiscard]] std::set<std::string> values_of(std::string const& metric, std::string const& label) const;
};

/// Every line must be a HELP, a TYPE or a sample of a family announced before; names, labels and numbers well-formed;
/// no series twice. The error quotes the line.
[[nodiscard]] std::expected<exposition, std::string> read_exposition(std::string_view text);

}  // namespace voicehook::telemetry::testing
