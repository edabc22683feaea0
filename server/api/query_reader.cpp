#include "api/query_reader.hpp"

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/units.hpp"

#include <fmt/format.h>

#include <charconv>

namespace voicehook::api {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value{};
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return value;
}

constexpr std::uint64_t last_second = 253'402'300'799;  // the end of year 9999

}  // namespace

query_reader::query_reader(http::request const& item) {
    auto const parameters = item.query_parameters();
    if (!parameters) {
        complain("", "the query string has a broken percent escape");
        return;
    }
    for (auto const& [name, value] : *parameters)
        if (!given_.emplace(name, value).second) complain(name, "is given more than once");
}

std::optional<std::string> query_reader::text(std::string_view name) {
    known_ += (known_.empty() ? "" : ", ") + std::string{name};
    auto entry = given_.find(name);
    if (entry == given_.end()) return std::nullopt;
    auto value = std::move(entry->second);
    given_.erase(entry);
    return value;
}

std::optional<instant> query_reader::moment(std::string_view name) {
    auto const given = text(name);
    if (!given) return std::nullopt;
    auto const date = parse_rfc3339(*given);
    if (date) return date;
    auto const seconds = whole_number(*given);
    if (seconds && *seconds <= last_second) return instant{std::chrono::seconds{*seconds}};
    complain(name, "must be an RFC 3339 date such as 2026-04-02T10:00:00Z, or seconds since 1970");
    return std::nullopt;
}

std::optional<duration> query_reader::span(std::string_view name, duration longest) {
    auto const given = text(name);
    if (!given) return std::nullopt;
    auto value = parse_duration(*given);
    auto const seconds = whole_number(*given);
    if (seconds && *seconds <= last_second) value = std::chrono::seconds{*seconds};
    if (value && *value <= longest) return value;
    complain(name, fmt::format("must be a duration of at most {}, such as {}", to_text(longest), to_text(longest / 2)));
    return std::nullopt;
}

std::optional<std::size_t> query_reader::count(std::string_view name, std::size_t least, std::size_t most) {
    auto const given = text(name);
    if (!given) return std::nullopt;
    auto const value = whole_number(*given);
    if (value && *value >= least && *value <= most) return static_cast<std::size_t>(*value);
    complain(name, fmt::format("must be a whole number from {} to {}", least, most));
    return std::nullopt;
}

void query_reader::complain(std::string_view name, std::string message) {
    complaints_.push_back({std::string{name}, std::move(message)});
}

void query_reader::complain_about_choice(std::string_view name, std::string const& allowed) {
    complain(name, "must be one of " + allowed);
}

core::complaints query_reader::finish() && {
    for (auto const& [name, value] : given_)
        complaints_.push_back({name, known_.empty() ? "is not a parameter of this route"
                                                    : "is not a parameter of this route; known are " + known_});
    return std::move(complaints_);
}

std::string make_cursor(task_id const& last) { return to_base64url(last.value()); }

std::optional<task_id> read_cursor(std::string_view text) {
    std::string padded{text};
    for (auto& letter : padded) {
        if (letter == '-') letter = '+';
        if (letter == '_') letter = '/';
    }
    auto const decoded = from_base64(padded);
    if (!decoded || !is_task_id(*decoded)) return std::nullopt;
    return task_id{*decoded};
}

}  // namespace voicehook::api
