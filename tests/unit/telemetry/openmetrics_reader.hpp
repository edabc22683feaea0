// Reads OpenMetrics 1.0 text as strictly as its rules allow.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

namespace voicehook::telemetry::testing {

struct read_family {
    std::string type;
    std::string unit;
    std::string help;
};

struct read_exemplar {
    std::string labels;  ///< as in a sample
    double value{};
    double at{};
};

struct openmetrics_text {
    std::map<std::string, read_family> families;
    std::map<std::string, double> samples;           ///< `name{label="value",…}` as it is written → value
    std::map<std::string, read_exemplar> exemplars;  ///< by the sample that has it

    /// The value of a sample; -1 when it is not there.
    [[nodiscard]] double value(std::string const& sample) const;
};

/// Refuses what is not: one "# EOF" at the end; families announced once, not interleaved, TYPE first, each with a HELP;
/// units that end their family's name; samples with the suffix of their type; labels and numbers well-formed, no sample
/// twice; histograms whose buckets grow up to an infinite one that equals their count; infos that are 1; exemplars at
/// buckets and counters only, within 128 characters and within their bucket. The error says what and quotes the line.
[[nodiscard]] std::expected<openmetrics_text, std::string> read_openmetrics(std::string_view text);

}  // namespace voicehook::telemetry::testing
