// The table of every key: its name, what it does, its type, and where in the settings its value lives.
#pragma once

#include "base/names.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "config/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::config {

/// Whether SIGHUP may change a key while the service runs.
enum class on_reload : std::uint8_t { refused = 1, applied };

/// What the table says of a key, apart from its type.
struct key {
    std::string_view name;
    std::string_view help;       ///< for the sample; lines end with '\n' where it has several
    std::string_view example{};  ///< TOML, for the sample, where the default is nothing
    on_reload reload{on_reload::refused};
    std::string_view belongs_to{};  ///< not empty: it means nothing here, only there ("sinks of type \"http\"")
};

/// How a value stands in TOML.
enum class form : std::uint8_t { text = 1, integer, boolean };
enum class secrecy : std::uint8_t {
    open = 1,
    hidden,
    store_url,  ///< shown, but for a password in it
};

/// A single value. Its text is the same in the environment and, unquoted, in the file.
struct value_binding {
    key about;
    form written_as{form::text};
    secrecy shown{secrecy::open};
    std::string expected;                          ///< ends the sentence "expected …"
    std::function<bool(std::string_view)> assign;  ///< false: not what is expected, nothing changed
    std::function<std::string()> exact;            ///< secrets in clear: for comparing only
};

/// An array of texts; in the environment a comma list.
struct list_binding {
    key about;
    std::string expected;
    std::function<bool(std::vector<std::string> const&)> assign;
    std::function<std::vector<std::string>()> show;
};

class key_visitor;

/// An array of tables.
struct rows_binding {
    key about;
    std::function<std::size_t()> count;
    std::function<void(std::size_t)> resize;
    std::function<void(key_visitor&, std::size_t row)> describe_row;
};

/// The least and the most that is allowed.
template <class T>
struct range {
    T least;
    T most;
    [[nodiscard]] bool holds(T value) const { return least <= value && value <= most; }
};

/// Text without control characters, so that no value can break a header, a log line or a path.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;

/// Walks the table. Reading, showing, listing and comparing are visitors; the table itself exists once.
class key_visitor {
public:
    virtual ~key_visitor() = default;

    virtual void value(value_binding const& item) = 0;
    virtual void list(list_binding const& item) = 0;
    virtual void rows(rows_binding const& item) = 0;
    virtual void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) = 0;

    void text(key const& about, std::string& into);
    void name(key const& about, std::function<void(std::string)> assign, std::function<std::string()> exact);
    void hidden_text(key const& about, secret& into);
    void store_url(key const& about, std::string& into);
    void flag(key const& about, bool& into);
    void span(key const& about, duration& into, range<duration> allowed);
    void span_or_auto(key const& about, std::optional<duration>& into, range<duration> allowed);
    void size(key const& about, std::size_t& into, range<std::size_t> allowed);
    void texts(key const& about, std::vector<std::string>& into);

    template <std::unsigned_integral T>
    void count(key const& about, T& into, range<T> allowed);
    template <named E>
    void choice(key const& about, E& into);
    template <named E>
    void choices(key const& about, std::vector<E>& into);
    /// The same, and an empty array is fine.
    template <named E>
    void choices_or_none(key const& about, std::vector<E>& into);
    template <class Tag>
    void name(key const& about, strong<Tag>& into);
    template <class Row, class Describe>
    void array(key const& about, std::vector<Row>& into, Describe describe_row);
};

/// Visits every key in the contract's order. What a visitor assigns lands in `into`.
void describe(key_visitor& keys, settings& into);

/// The names of an enum as `one of "a", "b"`.
template <named E>
[[nodiscard]] std::string alternatives() {
    std::string out;
    for (auto const& [value, text] : names_of<E>) out += fmt::format("{}\"{}\"", out.empty() ? "one of " : ", ", text);
    return out;
}

template <std::unsigned_integral T>
void key_visitor::count(key const& about, T& into, range<T> allowed) {
    auto const assign = [&into, allowed](std::string_view text) {
        T number{};
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size() || !allowed.holds(number)) return false;
        into = number;
        return true;
    };
    value({.about = about,
           .written_as = form::integer,
           .expected = fmt::format("a whole number from {} to {}", allowed.least, allowed.most),
           .assign = assign,
           .exact = [&into] { return fmt::format("{}", into); }});
}

template <named E>
void key_visitor::choice(key const& about, E& into) {
    auto const assign = [&into](std::string_view text) {
        auto const found = from_text<E>(text);
        if (found) into = *found;
        return found.has_value();
    };
    value({.about = about, .expected = alternatives<E>(), .assign = assign, .exact = [&into] {
               return std::string{to_text(into)};
           }});
}

namespace detail {

/// The members that the texts name, each once; nothing when one is unknown or repeated.
template <named E>
[[nodiscard]] std::optional<std::vector<E>> read_choices(std::vector<std::string> const& texts) {
    std::vector<E> out;
    for (auto const& text : texts) {
        auto const found = from_text<E>(text);
        if (!found || std::ranges::find(out, *found) != out.end()) return std::nullopt;
        out.push_back(*found);
    }
    return out;
}

template <named E>
[[nodiscard]] std::vector<std::string> show_choices(std::vector<E> const& items) {
    std::vector<std::string> out;
    out.reserve(items.size());
    for (auto const item : items) out.emplace_back(to_text(item));
    return out;
}

}  // namespace detail

template <named E>
void key_visitor::choices(key const& about, std::vector<E>& into) {
    auto const assign = [&into](std::vector<std::string> const& texts) {
        auto read = detail::read_choices<E>(texts);
        if (!read || read->empty()) return false;
        into = std::move(*read);
        return true;
    };
    list({.about = about,
          .expected = "a non-empty array without repetitions, each " + alternatives<E>(),
          .assign = assign,
          .show = [&into] { return detail::show_choices(into); }});
}

template <named E>
void key_visitor::choices_or_none(key const& about, std::vector<E>& into) {
    auto const assign = [&into](std::vector<std::string> const& texts) {
        auto read = detail::read_choices<E>(texts);
        if (read) into = std::move(*read);
        return read.has_value();
    };
    list({.about = about,
          .expected = "an array without repetitions, each " + alternatives<E>(),
          .assign = assign,
          .show = [&into] { return detail::show_choices(into); }});
}

template <class Tag>
void key_visitor::name(key const& about, strong<Tag>& into) {
    name(about, [&into](std::string text) { into = strong<Tag>{std::move(text)}; }, [&into] { return into.value(); });
}

template <class Row, class Describe>
void key_visitor::array(key const& about, std::vector<Row>& into, Describe describe_row) {
    rows(
        {.about = about,
         .count = [&into] { return into.size(); },
         .resize = [&into](std::size_t size) { into.resize(size); },
         .describe_row = [&into, describe_row](key_visitor& keys, std::size_t row) { describe_row(keys, into[row]); }});
}

}  // namespace voicehook::config
