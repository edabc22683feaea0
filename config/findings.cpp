#include "config/findings.hpp"

#include <fmt/format.h>

namespace voicehook::config {

void findings::found_in_file(std::string const& key, unsigned line) { places_.try_emplace(key, place{line, {}}); }

void findings::found_in_environment(std::string const& key, std::string const& variable) {
    places_[key].variable = variable;
}

void findings::complain(std::string const& key, std::string_view message) {
    faulty_.insert(key);
    auto const where = place_of(key);
    if (!where.variable.empty()) {
        complaints_.emplace(position{true, 0}, fmt::format("environment {}: {}: {}", where.variable, key, message));
        return;
    }
    complaints_.emplace(position{false, where.line}, fmt::format("{}:{}: {}: {}", file_, where.line, key, message));
}

void findings::complain_at(unsigned line, std::string_view message) {
    complaints_.emplace(position{false, line}, fmt::format("{}:{}: {}", file_, line, message));
}

void findings::complain_of_variable(std::string_view variable, std::string_view message) {
    complaints_.emplace(position{true, 0}, fmt::format("environment {}: {}", variable, message));
}

config_errors findings::sorted() const {
    config_errors out;
    for (auto const& [position, text] : complaints_) out.push_back(text);
    return out;
}

findings::place findings::place_of(std::string key) const {
    if (auto const exact = places_.find(key); exact != places_.end()) return exact->second;
    while (!key.empty()) {
        auto const cut = key.find_last_of(".[");
        key.erase(cut == std::string::npos ? 0 : cut);
        if (auto const around = places_.find(key); around != places_.end() && around->second.line > 0)
            return {around->second.line, {}};
    }
    return {1, {}};
}

}  // namespace voicehook::config
