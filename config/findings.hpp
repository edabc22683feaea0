// Where each key was set, and what is wrong with it: the complaints of one load.
#pragma once

#include "config/load.hpp"

#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace voicehook::config {

/// Collects complaints by dotted key ("callers[0].key_sha256") and knows the line or the variable each key came from.
class findings {
public:
    /// `file` is how complaints call the configuration file.
    explicit findings(std::string file) : file_{std::move(file)} {}

    /// Notes that the file sets `key` on `line`.
    void found_in_file(std::string const& key, unsigned line);
    /// Notes that the environment sets `key`; it then counts instead of the file.
    void found_in_environment(std::string const& key, std::string const& variable);

    /// Whether somebody set `key`.
    [[nodiscard]] bool given(std::string const& key) const { return places_.contains(key); }
    /// Whether `key` has no complaint so far, so that a rule about it makes sense.
    [[nodiscard]] bool sound(std::string const& key) const { return !faulty_.contains(key); }

    /// A key that nobody set is shown at the line of the nearest table around it.
    void complain(std::string const& key, std::string_view message);
    /// A complaint about a line of the file as such, without a key.
    void complain_at(unsigned line, std::string_view message);
    /// A complaint about a variable that names no key.
    void complain_of_variable(std::string_view variable, std::string_view message);

    [[nodiscard]] bool empty() const noexcept { return complaints_.empty(); }
    /// Every complaint in the order of the file, then those of the environment.
    [[nodiscard]] config_errors sorted() const;

private:
    struct place {
        unsigned line{};
        std::string variable;  ///< not empty: the environment, not the file
    };
    /// The environment after the file, the file by its lines.
    struct position {
        bool from_environment{};
        unsigned line{};
        friend auto operator<=>(position const&, position const&) = default;
    };

    [[nodiscard]] place place_of(std::string key) const;

    std::string file_;
    std::map<std::string, place> places_;
    std::set<std::string> faulty_;
    std::multimap<position, std::string> complaints_;
};

}  // namespace voicehook::config
