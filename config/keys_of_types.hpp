// Rows of which each has a type: keys of the other types are there to be refused, unless its own has one of the name.
#pragma once

#include "config/keys.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::config {

/// Makes the keys of one type, which SIGHUP may change; `elsewhere` as `type_of_row::describe` is told.
[[nodiscard]] inline auto keys_of_type(std::string_view elsewhere) {
    return [elsewhere](std::string_view name, std::string_view help, std::string_view example = {}) {
        return key{name, help, example, on_reload::applied, elsewhere};
    };
}

/// One type and its keys. `describe` is told with a text that is not empty that they belong elsewhere.
struct type_of_row {
    std::string_view name;
    std::function<void(key_visitor& keys, std::string_view elsewhere)> describe;
};

/// Describes the keys of every type; those of other types than `own`, each name once, belong to
/// `rows` of type "a", "b" or "c".
void describe_types(key_visitor& keys, std::string_view rows, std::string_view own,
                    std::vector<type_of_row> const& types);

}  // namespace voicehook::config
