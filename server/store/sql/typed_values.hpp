// Our types as what a database's statement takes: what is the same for every database.
#pragma once

#include "base/names.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace voicehook::store::sql {

/// To be derived from by a class that takes a NULL (`put(nullptr)`), a number, a text and a blob, each by an overload
/// of `put` beside `using typed_values::put`.
class typed_values {
public:
    template <class Self>
    void put(this Self& self, std::string const& value) {
        self.put(std::string_view{value});
    }
    template <class Self>
    void put(this Self& self, instant value) {
        self.put(to_unix_ms(value));
    }
    template <class Self>
    void put(this Self& self, duration value) {
        self.put(static_cast<std::int64_t>(value.count()));
    }
    template <class Self, class Int>
        requires(std::is_integral_v<Int> && !std::is_same_v<Int, std::int64_t>)
    void put(this Self& self, Int value) {
        self.put(static_cast<std::int64_t>(value));
    }
    template <class Self, named E>
    void put(this Self& self, E value) {
        self.put(to_text(value));
    }
    template <class Self, class Tag>
    void put(this Self& self, strong<Tag> const& value) {
        self.put(std::string_view{value.value()});
    }
    template <class Self, class T>
    void put(this Self& self, std::optional<T> const& value) {
        if (value)
            self.put(*value);
        else
            self.put(nullptr);
    }
};

}  // namespace voicehook::store::sql
