#include "sinks/nats/operations.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace voicehook::sinks::nats {
namespace {

constexpr std::size_t shown_bytes = 60;
constexpr auto line_end = std::string_view{"\r\n"};

std::unexpected<failure> breach(std::string_view what, std::string_view line) {
    return fail(errc::protocol, fmt::format("read from NATS: {}: {}", what, printable(line, shown_bytes)));
}

std::vector<std::string_view> words_of(std::string_view line) {
    auto out = std::vector<std::string_view>{};
    while (!line.empty()) {
        auto const end = std::min(line.find_first_of(" \t"), line.size());
        if (end != 0) out.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return out;
}

std::optional<std::size_t> read_size(std::string_view text) {
    auto number = std::size_t{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// The status in "NATS/1.0 503 No Responders"; 0 without one, nothing when it is not such a block.
std::optional<int> status_of(std::string_view headers) {
    constexpr auto version = std::string_view{"NATS/1.0"};
    if (!headers.starts_with(version) || !headers.ends_with("\r\n\r\n")) return std::nullopt;
    auto const words = words_of(headers.substr(version.size(), headers.find(line_end) - version.size()));
    if (words.empty()) return 0;
    auto const status = read_size(words.front());
    if (!status || *status > 999) return std::nullopt;
    return static_cast<int>(*status);
}

std::string_view without_quotes(std::string_view text) {
    if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') return text.substr(1, text.size() - 2);
    return text;
}

}  // namespace

result<std::optional<operation>> operation_reader::next() {
    using kind = operation::kind;
    auto const end = buffer_.find(line_end);
    if (end == std::string::npos ? buffer_.size() > longest_line : end > longest_line)
        return breach("a line that is too long", buffer_);
    if (end == std::string::npos) return std::nullopt;

    auto const line = std::string_view{buffer_}.substr(0, end);
    auto const name = line.substr(0, line.find_first_of(" \t"));
    auto const begin = end + line_end.size();
    if (name == "MSG" || name == "HMSG") return read_message(line, begin, name == "HMSG");

    auto const rest = line.substr(std::min(name.size() + 1, line.size()));
    auto found = operation{};
    if (name == "INFO")
        found = {.is = kind::info, .text = std::string{rest}};
    else if (name == "PING")
        found = {.is = kind::ping};
    else if (name == "PONG")
        found = {.is = kind::pong};
    else if (name == "+OK")
        found = {.is = kind::ok};
    else if (name == "-ERR")
        found = {.is = kind::error, .text = std::string{without_quotes(rest)}};
    else
        return breach("an operation that is not known", line);
    buffer_.erase(0, begin);
    return found;
}

/// `MSG <subject> <sid> [reply] <bytes>` or `HMSG <subject> <sid> [reply] <header bytes> <bytes>`, and the bytes.
result<std::optional<operation>> operation_reader::read_message(std::string_view line, std::size_t begin,
                                                                bool headers) {
    auto const words = words_of(line);
    auto const least = std::size_t{headers ? 5u : 4u};
    if (words.size() != least && words.size() != least + 1) return breach("a message without its words", line);
    auto const total = read_size(words.back());
    auto const head = headers ? read_size(words[words.size() - 2]) : std::optional{std::size_t{0}};
    if (!total || !head || *head > *total) return breach("a message without its length", line);
    if (*total > longest_payload) return breach("a message that is too long", line);
    if (buffer_.size() < begin + *total + line_end.size()) return std::nullopt;

    auto const bytes = std::string_view{buffer_}.substr(begin, *total);
    if (std::string_view{buffer_}.substr(begin + *total, line_end.size()) != line_end)
        return breach("a message whose length is not true", line);
    auto const status = headers ? status_of(bytes.substr(0, *head)) : std::optional{0};
    if (!status) return breach("a message whose headers are none", line);
    auto found = operation{.is = operation::kind::message,
                           .subject = std::string{words[1]},
                           .payload = std::string{bytes.substr(*head)},
                           .status = *status};
    buffer_.erase(0, begin + *total + line_end.size());
    return found;
}

}  // namespace voicehook::sinks::nats
