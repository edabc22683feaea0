// Which hosts may be named: some by their name, some by the domain they are in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace voicehook::core {

/// "hooks.example.com" is that host, an address that address; "*.example.com" is every host below example.com, but not
/// example.com itself. No letter case; a dot at the end of a name does not count.
class host_list {
public:
    host_list() = default;
    explicit host_list(std::vector<std::string> patterns);

    /// A list without patterns allows every host. `host` as in `url_parts`: an IPv6 address without brackets.
    [[nodiscard]] bool allows(std::string_view host) const noexcept;

private:
    std::vector<std::string> patterns_;  ///< lower case, without brackets and without a dot at the end
};

/// Whether a text is one of its patterns: the host of a URL without a port, or such a name behind "*.".
[[nodiscard]] bool is_host_pattern(std::string_view text);

}  // namespace voicehook::core
