#include "http/message_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace voicehook::http {
namespace {

constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

constexpr bool is_alphanumeric(char letter) noexcept {
    return (letter >= '0' && letter <= '9') || (lower(letter) >= 'a' && lower(letter) <= 'z');
}

constexpr bool is_one_of(char letter, std::string_view set) noexcept { return set.find(letter) != set.npos; }

std::string write_http_date(std::chrono::sys_seconds at) {
    static constexpr auto days = std::array{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr auto months =
        std::array{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const day = std::chrono::floor<std::chrono::days>(at);
    auto const date = std::chrono::year_month_day{day};
    auto const time = std::chrono::hh_mm_ss{at - day};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[std::chrono::weekday{day}.c_encoding()],
                       static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                       time.seconds().count());
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
    return std::ranges::equal(left, right, {}, lower, lower);
}

std::string_view trim(std::string_view text) noexcept {
    auto const first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text) noexcept {
    auto const fits = [](char letter) { return is_alphanumeric(letter) || is_one_of(letter, "!#$%&'*+-.^_`|~"); };
    return !text.empty() && std::ranges::all_of(text, fits);
}

bool is_field_value(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](unsigned char byte) { return byte == '\t' || (byte >= 0x20 && byte != 0x7f); });
}

bool is_json_media(std::string_view content_type) noexcept {
    auto const media = trim(content_type.substr(0, content_type.find(';')));
    auto const slash = media.find('/');
    if (slash == media.npos) return false;
    auto const type = media.substr(0, slash);
    auto const subtype = media.substr(slash + 1);
    if (!is_token(type) || !is_token(subtype)) return false;
    if (equal_ignoring_case(type, "application") && equal_ignoring_case(subtype, "json")) return true;
    constexpr auto suffix = std::string_view{"+json"};
    return subtype.size() > suffix.size() &&
           equal_ignoring_case(subtype.substr(subtype.size() - suffix.size()), suffix);
}

bool is_safe_request_id(std::string_view text) noexcept {
    auto const fits = [](char letter) { return is_alphanumeric(letter) || is_one_of(letter, "._:-"); };
    return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, fits);
}

std::string to_http_date(instant at) {
    auto const second = std::chrono::floor<std::chrono::seconds>(at);
    thread_local auto latest = std::pair{second, write_http_date(second)};
    if (latest.first != second) latest = {second, write_http_date(second)};
    return latest.second;
}

}  // namespace voicehook::http
