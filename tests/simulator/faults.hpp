// Which faults are switched on, for how often and how likely.
#pragma once

#include "tests/simulator/dice.hpp"
#include "tests/simulator/kinds.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace simulator {

/// Faults whose value is a number of milliseconds.
enum class delay : std::uint8_t { submit, callback, query_lag, work };

/// One fault that is switched on.
struct fault {
    std::string kind;                    ///< a kind's text, or digits
    std::optional<std::uint64_t> times;  ///< applications left; nothing: for ever
    double probability = 1;              ///< of each request or task
};

/// The faults in force. Whether a probable one strikes depends on the seed and the number of the request only.
class fault_book {
public:
    explicit fault_book(dice chances) : chances_{chances} {}

    /// Sets one fault from the command line's text: a kind, a number, or the JSON object of `merge`.
    [[nodiscard]] std::expected<void, std::string> set(std::string_view name, std::string_view value);

    /// Sets each named fault to a text, a number, or `{"kind":…,"times":…,"probability":…}`; null and "normal" switch
    /// one off. With any error nothing changes, and the error names the fault and what it takes.
    [[nodiscard]] std::expected<void, std::string> merge(boost::json::object const& changes);

    /// Everything is normal again.
    void clear() noexcept { active_.clear(); }

    /// The kind that strikes now, counted as one application; nothing: normal.
    template <class Kind>
    [[nodiscard]] std::optional<Kind> take(std::uint64_t number) {
        auto const text = apply(kind_table<Kind>::fault, number);
        return text ? kind_named<Kind>(*text) : std::nullopt;
    }

    /// The same for a delay.
    [[nodiscard]] std::optional<std::chrono::milliseconds> take(delay which, std::uint64_t number);

    /// What is in force, in the form that `merge` takes.
    [[nodiscard]] std::string as_json() const;

private:
    std::optional<std::string> apply(std::string_view name, std::uint64_t number);

    dice chances_;
    std::map<std::string, fault, std::less<>> active_;
};

}  // namespace simulator
