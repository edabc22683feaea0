// A text that must not be shown: it has no formatter and no stream operator.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace voicehook {

/// Holds a key, token or password. `reveal()` is the one way to the bytes, so that its uses can be found.
class secret {
public:
    secret() = default;
    explicit secret(std::string bytes) : bytes_{std::move(bytes)} {}

    [[nodiscard]] std::string const& reveal() const noexcept { return bytes_; }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

    /// Constant time in the length of `offered`; false at once when the lengths differ.
    [[nodiscard]] bool matches(std::string_view offered) const noexcept;

    friend bool operator==(secret const&, secret const&) = default;

private:
    std::string bytes_;
};

/// Compares two texts without telling by its time where they differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

}  // namespace voicehook
