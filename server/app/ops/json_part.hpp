// Reads what the operations API answers, and takes it as it comes: what is missing is unknown.
#pragma once

#include "base/time.hpp"
#include "wire/raw_json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::app::ops {

/// A JSON value, or none. Members and types that are not as expected are nothing, never an error: an older or newer
/// service may know more or less. The text must outlive it.
class json_part {
public:
    /// No value.
    json_part() = default;
    /// `text` is a whole document or a slice of one; no value when it is not well-formed.
    explicit json_part(std::string_view text);

    /// The member of that name; no value when there is none.
    [[nodiscard]] json_part operator[](std::string_view name) const;

    /// Whether there is a value other than null.
    [[nodiscard]] bool known() const noexcept;
    [[nodiscard]] bool is_object() const noexcept;
    [[nodiscard]] std::optional<std::string> text() const;
    [[nodiscard]] std::optional<double> number() const;
    [[nodiscard]] std::optional<bool> boolean() const;
    /// An RFC 3339 time.
    [[nodiscard]] std::optional<instant> moment() const;
    [[nodiscard]] std::vector<json_part> elements() const;
    [[nodiscard]] std::vector<std::pair<std::string, json_part>> members() const;
    /// The value as it stands; "" without one.
    [[nodiscard]] std::string_view raw() const noexcept { return raw_; }

private:
    std::string_view raw_;
    std::vector<wire::raw_member> members_;
};

}  // namespace voicehook::app::ops
