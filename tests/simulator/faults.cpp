#include "tests/simulator/faults.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <span>

namespace simulator {
namespace {

namespace json = boost::json;

struct rule {
    std::string_view name;
    std::span<std::string_view const> kinds;  // empty: a number of milliseconds
};

template <class Kind>
constexpr rule rule_of() {
    return rule{kind_table<Kind>::fault, kind_table<Kind>::texts};
}

constexpr auto delay_names =
    std::to_array<std::string_view>({"submit_delay_ms", "callback_delay_ms", "query_lag_ms", "work_ms"});

constexpr auto rules = std::to_array<rule>({
    rule_of<submit_error>(),
    rule_of<submit_response>(),
    rule_of<idempotency>(),
    rule_of<callback_manner>(),
    rule_of<outcome>(),
    rule_of<body_shape>(),
    rule_of<query_error>(),
    rule_of<hostile>(),
    rule{delay_names[0], {}},
    rule{delay_names[1], {}},
    rule{delay_names[2], {}},
    rule{delay_names[3], {}},
});

constexpr std::string_view normal = "normal";
constexpr std::int64_t longest_delay_ms = 7LL * 24 * 3600 * 1000;

std::optional<std::int64_t> milliseconds_in(std::string_view text) {
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (number < 0 || number > longest_delay_ms) return std::nullopt;
    return number;
}

std::expected<std::string, std::string> kind_from(rule const& which, json::value const& value) {
    auto text = std::string{};
    if (value.is_string()) {
        text = value.get_string();
    } else if (value.is_int64() && which.kinds.empty()) {
        text = std::to_string(value.get_int64());
    } else {
        return std::unexpected{fmt::format("fault {}: the kind has the wrong type", which.name)};
    }
    if (text == normal) return text;
    if (which.kinds.empty()) {
        if (milliseconds_in(text)) return text;
        return std::unexpected{
            fmt::format("fault {}: expected milliseconds up to {}, found \"{}\"", which.name, longest_delay_ms, text)};
    }
    if (std::ranges::find(which.kinds, text) != which.kinds.end()) return text;
    return std::unexpected{
        fmt::format("fault {}: expected one of {}, found \"{}\"", which.name, fmt::join(which.kinds, ", "), text)};
}

std::expected<fault, std::string> fault_from(rule const& which, json::value const& value) {
    auto const* const members = value.if_object();
    if (members == nullptr) {
        auto kind = kind_from(which, value);
        if (!kind) return std::unexpected{kind.error()};
        return fault{.kind = *kind, .times = std::nullopt};
    }

    auto made = fault{};
    for (auto const& [key, member] : *members) {
        if (key == "kind") {
            auto kind = kind_from(which, member);
            if (!kind) return std::unexpected{kind.error()};
            made.kind = *kind;
        } else if (key == "times") {
            if (!member.is_int64() || member.get_int64() < 1) {
                return std::unexpected{fmt::format("fault {}: times must be a positive integer", which.name)};
            }
            made.times = static_cast<std::uint64_t>(member.get_int64());
        } else if (key == "probability") {
            auto failed = boost::system::error_code{};
            auto const chance = member.to_number<double>(failed);
            if (failed || !(chance >= 0 && chance <= 1)) {
                return std::unexpected{fmt::format("fault {}: probability must be from 0 to 1", which.name)};
            }
            made.probability = chance;
        } else {
            return std::unexpected{fmt::format("fault {}: unknown member \"{}\"", which.name, std::string_view{key})};
        }
    }
    if (made.kind.empty()) return std::unexpected{fmt::format("fault {}: kind is missing", which.name)};
    return made;
}

}  // namespace

std::expected<void, std::string> fault_book::set(std::string_view name, std::string_view value) {
    auto parsed = json::value(json::string{value});
    if (value.starts_with('{')) {
        auto failed = boost::system::error_code{};
        parsed = json::parse(value, failed);
        if (failed) return std::unexpected{fmt::format("fault {}: not JSON: {}", name, failed.message())};
    }
    return merge(json::object{{name, parsed}});
}

std::expected<void, std::string> fault_book::merge(json::object const& changes) {
    auto next = active_;
    for (auto const& [name, value] : changes) {
        auto const which = std::ranges::find(rules, std::string_view{name}, &rule::name);
        if (which == rules.end()) {
            auto known = std::vector<std::string_view>{};
            for (auto const& one : rules) known.push_back(one.name);
            return std::unexpected{fmt::format("unknown fault \"{}\", expected one of {}", std::string_view{name},
                                               fmt::join(known, ", "))};
        }
        if (value.is_null()) {
            next.erase(std::string{name});
            continue;
        }
        auto made = fault_from(*which, value);
        if (!made) return std::unexpected{made.error()};
        if (made->kind == normal) {
            next.erase(std::string{name});
        } else {
            next.insert_or_assign(std::string{name}, std::move(*made));
        }
    }
    active_ = std::move(next);
    return {};
}

std::optional<std::chrono::milliseconds> fault_book::take(delay which, std::uint64_t number) {
    auto const text = apply(delay_names[static_cast<std::size_t>(which)], number);
    if (!text) return std::nullopt;
    return std::chrono::milliseconds{milliseconds_in(*text).value_or(0)};
}

std::optional<std::string> fault_book::apply(std::string_view name, std::uint64_t number) {
    auto const found = active_.find(name);
    if (found == active_.end()) return std::nullopt;
    auto& current = found->second;
    if (current.probability < 1 && chances_.fraction(name, number) >= current.probability) return std::nullopt;

    auto kind = current.kind;
    if (current.times) {
        *current.times -= 1;
        if (*current.times == 0) active_.erase(found);
    }
    return kind;
}

std::string fault_book::as_json() const {
    auto all = json::object{};
    for (auto const& [name, current] : active_) {
        if (!current.times && current.probability >= 1) {
            all[name] = current.kind;
            continue;
        }
        auto members = json::object{{"kind", current.kind}};
        if (current.times) members["times"] = *current.times;
        if (current.probability < 1) members["probability"] = current.probability;
        all[name] = std::move(members);
    }
    return json::serialize(all);
}

}  // namespace simulator
