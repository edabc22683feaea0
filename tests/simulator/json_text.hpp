// Writes JSON objects member by member, so that order, digits and even mistakes are exactly as wanted.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace simulator {

/// A JSON string literal of valid UTF-8 text.
[[nodiscard]] std::string quoted(std::string_view text);

/// An object under construction. Names are not checked: writing one twice is allowed.
class json_text {
public:
    /// Adds a string member.
    json_text& text(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }

    /// Adds an integer member.
    template <std::integral Number>
    json_text& number(std::string_view name, Number value) {
        return raw(name, std::to_string(value));
    }

    /// Adds a member whose value is JSON text already.
    json_text& raw(std::string_view name, std::string_view value);

    /// The finished object.
    [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

private:
    std::string members_;
};

}  // namespace simulator
