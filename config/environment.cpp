#include "config/environment.hpp"

#include <unistd.h>

namespace voicehook::config {

environment process_environment() {
    environment out;
    for (auto const* const* entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        auto const line = std::string_view{*entry};
        auto const equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        out.insert_or_assign(std::string{line.substr(0, equals)}, std::string{line.substr(equals + 1)});
    }
    return out;
}

std::string variable_of(std::string_view dotted_key) {
    auto out = std::string{variable_prefix};
    for (auto const c : dotted_key) {
        if (c == '.' || c == '[')
            out += "__";
        else if (c >= 'a' && c <= 'z')
            out += static_cast<char>(c - 'a' + 'A');
        else if (c != ']')
            out += c;
    }
    return out;
}

std::optional<std::string> overrides::take(std::string_view dotted_key) {
    auto name = variable_of(dotted_key);
    auto const found = variables_.find(name);
    known_.insert(std::move(name));
    if (found == variables_.end()) return std::nullopt;
    return found->second;
}

bool overrides::any_inside(std::string_view dotted_key) const {
    auto const prefix = variable_of(dotted_key) + "__";
    auto const first = variables_.lower_bound(prefix);
    return first != variables_.end() && first->first.starts_with(prefix);
}

std::vector<std::string> overrides::unused() const {
    std::vector<std::string> out;
    for (auto at = variables_.lower_bound(std::string{variable_prefix}); at != variables_.end(); ++at) {
        if (!at->first.starts_with(variable_prefix)) break;
        if (!known_.contains(at->first)) out.push_back(at->first);
    }
    return out;
}

}  // namespace voicehook::config
