// The current row of a result, column after column, as our types: what is the same for every database.
#pragma once

#include "base/names.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace voicehook::store::sql {

/// Bytes that are no text.
struct blob {
    std::string_view bytes;
    friend bool operator==(blob, blob) = default;
};

/// To be derived from by a class that has `bool is_null() const` (of the next column), `skip()` (it), `integer()`,
/// `text()` and `bytes()` (each reads the next column), and `damaged(what)`, which throws.
class typed_row {
public:
    /// A whole number into any integer type; unlikely sizes are the database's damage.
    template <class Int, class Self>
    [[nodiscard]] Int count(this Self& self) {
        auto const value = self.integer();
        if (!std::in_range<Int>(value)) self.damaged("a number out of range");
        return static_cast<Int>(value);
    }
    template <class Self>
    [[nodiscard]] instant at(this Self& self) {
        return from_unix_ms(self.integer());
    }
    template <class Id, class Self>
    [[nodiscard]] Id id(this Self& self) {
        return Id{self.text()};
    }
    template <named E, class Self>
    [[nodiscard]] E name(this Self& self) {
        auto const value = from_text<E>(self.text());
        if (!value) self.damaged("an unknown name");
        return *value;
    }

    template <class Self>
    [[nodiscard]] std::optional<std::string> text_if(this Self& self) {
        return self.template unless_null<std::string>([&] { return self.text(); });
    }
    template <class Self>
    [[nodiscard]] std::optional<instant> at_if(this Self& self) {
        return self.template unless_null<instant>([&] { return self.at(); });
    }
    template <class Id, class Self>
    [[nodiscard]] std::optional<Id> id_if(this Self& self) {
        return self.template unless_null<Id>([&] { return self.template id<Id>(); });
    }
    template <named E, class Self>
    [[nodiscard]] std::optional<E> name_if(this Self& self) {
        return self.template unless_null<E>([&] { return self.template name<E>(); });
    }

    /// What `read` reads, unless the next column is NULL.
    template <class T, class Self, class Read>
    [[nodiscard]] std::optional<T> unless_null(this Self& self, Read read) {
        if (!self.is_null()) return read();
        self.skip();
        return std::nullopt;
    }
};

}  // namespace voicehook::store::sql
