#include "config/nearest_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace voicehook::config {
namespace {

/// Insertions, deletions and replacements between two texts (Levenshtein), one row at a time.
std::size_t edits_between(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        auto diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < right.size(); ++j) {
            auto const replaced = diagonal + (left[i] == right[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string suggestion_for(std::string_view written, std::set<std::string> const& known) {
    constexpr std::size_t longest = 128;
    if (written.size() > longest) return "";

    std::string_view nearest;
    auto fewest = std::max<std::size_t>(written.size() / 3, 1) + 1;
    for (auto const& name : known) {
        auto const edits = edits_between(written, name);
        if (edits >= fewest) continue;
        fewest = edits;
        nearest = name;
    }
    return nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest);
}

}  // namespace voicehook::config
