#include "base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <utility>

namespace voicehook {

namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/// Takes a date apart from the left. After the first mismatch every further step fails too.
class scanner {
public:
    explicit scanner(std::string_view text) : rest_{text} {}

    bool literal(std::string_view expected) {
        if (failed_ || !rest_.starts_with(expected)) return !(failed_ = true);
        rest_.remove_prefix(expected.size());
        return true;
    }
    bool one_of(char first, char second) {
        if (!failed_ && !rest_.empty() && rest_.front() == second) first = second;
        return literal({&first, 1});
    }
    int number(std::size_t digits) {
        auto value = 0;
        for (std::size_t at = 0; at < digits; ++at) value = value * 10 + digit();
        return value;
    }
    template <std::size_t N>
    int index_in(std::array<std::string_view, N> const& names) {
        for (std::size_t at = 0; at < N; ++at)
            if (!failed_ && rest_.starts_with(names[at])) return literal(names[at]), static_cast<int>(at);
        failed_ = true;
        return 0;
    }
    [[nodiscard]] bool next_is(char expected) const { return !failed_ && !rest_.empty() && rest_.front() == expected; }
    [[nodiscard]] bool next_is_digit() const {
        return !failed_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    }
    [[nodiscard]] bool complete() const { return !failed_ && rest_.empty(); }

private:
    int digit() {
        if (!next_is_digit()) {
            failed_ = true;
            return 0;
        }
        auto const value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool failed_{};
};

struct calendar_time {
    int year{}, month{}, day{}, hour{}, minute{}, second{};
};

/// A second of 60 is a leap second and becomes the next minute's first.
std::optional<instant> to_instant(calendar_time const& at) {
    auto const date = chrono::year{at.year} / at.month / at.day;
    if (!date.ok() || at.hour > 23 || at.minute > 59 || at.second > 60) return std::nullopt;
    return instant{chrono::sys_days{date} + chrono::hours{at.hour} + chrono::minutes{at.minute} +
                   chrono::seconds{at.second}};
}

/// The fraction of a second after its point; digits past milliseconds are dropped, ten or more are refused by the
/// caller, which finds one left over.
duration read_fraction(scanner& in) {
    auto milliseconds = in.number(1) * 100;
    auto weight = 10;
    for (auto digits = 1; digits < 9 && in.next_is_digit(); ++digits, weight /= 10)
        milliseconds += in.number(1) * weight;
    return duration{milliseconds};
}

/// `Z` or ±hh:mm; nothing for an hour or minute that no clock has.
std::optional<duration> read_offset(scanner& in) {
    auto const negative = in.next_is('-');
    if (!negative && !in.next_is('+')) return in.one_of('Z', 'z') ? std::optional{duration{}} : std::nullopt;
    in.literal(negative ? "-" : "+");
    auto const hour = in.number(2);
    in.literal(":");
    auto const minute = in.number(2);
    if (hour > 23 || minute > 59) return std::nullopt;
    auto const span = duration{chrono::hours{hour} + chrono::minutes{minute}};
    return negative ? -span : span;
}

/// "2026-04-02T10:11:12".
std::string date_and_time(chrono::sys_seconds at) {
    auto const midnight = chrono::floor<chrono::days>(at);
    auto const date = chrono::year_month_day{midnight};
    auto const time = chrono::hh_mm_ss{at - midnight};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count());
}

}  // namespace

std::string to_rfc3339(instant at) {
    auto const second = chrono::floor<chrono::seconds>(at);
    thread_local auto latest = std::pair{second, date_and_time(second)};
    if (latest.first != second) latest = {second, date_and_time(second)};

    auto const milliseconds = (at - second).count();
    auto out = std::string{};
    out.reserve(latest.second.size() + 5);
    out += latest.second;
    out += '.';
    out += static_cast<char>('0' + milliseconds / 100);
    out += static_cast<char>('0' + milliseconds / 10 % 10);
    out += static_cast<char>('0' + milliseconds % 10);
    return out += 'Z';
}

std::optional<instant> parse_rfc3339(std::string_view text) {
    auto in = scanner{text};
    auto at = calendar_time{};
    at.year = in.number(4);
    in.literal("-");
    at.month = in.number(2);
    in.literal("-");
    at.day = in.number(2);
    in.one_of('T', 't');
    at.hour = in.number(2);
    in.literal(":");
    at.minute = in.number(2);
    in.literal(":");
    at.second = in.number(2);
    auto fraction = duration{};
    if (in.next_is('.')) {
        in.literal(".");
        fraction = read_fraction(in);
    }
    auto const offset = read_offset(in);
    auto const local = to_instant(at);
    if (!in.complete() || !offset || !local) return std::nullopt;
    return *local + fraction - *offset;
}

std::optional<instant> parse_http_date(std::string_view text) {
    auto in = scanner{text};
    auto at = calendar_time{};
    in.index_in(day_names);
    in.literal(", ");
    at.day = in.number(2);
    in.literal(" ");
    at.month = in.index_in(month_names) + 1;
    in.literal(" ");
    at.year = in.number(4);
    in.literal(" ");
    at.hour = in.number(2);
    in.literal(":");
    at.minute = in.number(2);
    in.literal(":");
    at.second = in.number(2);
    in.literal(" GMT");
    if (!in.complete()) return std::nullopt;
    return to_instant(at);
}

}  // namespace voicehook
