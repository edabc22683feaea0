// Reads a JSON object field by field and collects every complaint with its path.
#pragma once

#include "core/complaint.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::wire {

/// Scans once (depth ≤ 32, no comments, no trailing commas), then hands out fields. Keeps its own copy of the text and
/// no tree of it, so that hostile text cannot blow up in memory. A wrong type, a duplicate top-level name or a missing
/// required field is a complaint, not an exception.
class json_reader {
public:
    explicit json_reader(std::string_view text);
    ~json_reader();
    json_reader(json_reader&&) noexcept;
    json_reader& operator=(json_reader&&) noexcept;

    /// A string that must be there; "" and a complaint otherwise.
    std::string required_text(std::string_view field);
    std::optional<std::string> optional_text(std::string_view field);
    /// A whole number; 24000 and 24000.0 are the same number (JSON Schema "integer").
    std::optional<std::int64_t> optional_integer(std::string_view field);

    std::optional<bool> optional_flag(std::string_view field);
    /// Complains about every other field: for orders, where a misspelt one must not silently count for nothing.
    void allow_only(std::initializer_list<std::string_view> known);

    [[nodiscard]] bool has(std::string_view field) const;
    [[nodiscard]] bool failed() const noexcept;
    /// Whether the text was a JSON object at all.
    [[nodiscard]] bool is_object() const noexcept;
    [[nodiscard]] core::complaints const& complaints() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace voicehook::wire
