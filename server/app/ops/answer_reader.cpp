#include "app/ops/answer_reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace voicehook::app::ops {
namespace {

constexpr std::size_t longest_head = 64 * 1024;
constexpr std::size_t longest_line = 8 * 1024;
constexpr int no_content = 204;
constexpr int not_modified = 304;

bool same_letters(std::string_view left, std::string_view right) {
    auto const lower = [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    };
    return std::ranges::equal(left, right, {}, lower, lower);
}

/// The value of the first header of that name.
std::optional<std::string_view> header(std::string_view head, std::string_view name) {
    for (auto at = head.find("\r\n"); at != std::string_view::npos;) {
        auto const next = head.find("\r\n", at + 2);
        auto const line = head.substr(at + 2, next == std::string_view::npos ? next : next - at - 2);
        auto const colon = line.find(':');
        if (colon != std::string_view::npos && same_letters(line.substr(0, colon), name)) {
            auto value = line.substr(colon + 1);
            value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
            return value.substr(0, value.find_last_not_of(" \t") + 1);
        }
        at = next;
    }
    return std::nullopt;
}

std::optional<std::size_t> read_size(std::string_view text, int base) {
    auto size = std::size_t{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return size;
}

auto not_http() { return fail(errc::protocol, "read the answer: it is not HTTP"); }

}  // namespace

result<void> answer_reader::take(std::string_view bytes) {
    waiting_ += bytes;
    while (part_ != part::done) {
        auto const moved = step();
        if (!moved) return std::unexpected{moved.error()};
        if (!*moved) break;
    }
    return {};
}

result<void> answer_reader::end() {
    if (part_ == part::until_end) part_ = part::done;
    if (part_ != part::done) return fail(errc::reset, "read the answer: the connection ended before it was complete");
    return {};
}

std::string answer_reader::body() { return std::exchange(body_, {}); }

/// One step through what waits; false when more bytes are needed.
result<bool> answer_reader::step() {
    switch (part_) {
        case part::head: {
            auto const end = waiting_.find("\r\n\r\n");
            if (end == std::string::npos && waiting_.size() > longest_head)
                return fail(errc::too_large, "read the answer: its head is too long");
            if (end == std::string::npos) return false;
            auto const head = waiting_.substr(0, end);
            waiting_.erase(0, end + 4);
            auto const read = read_head(head);
            if (!read) return std::unexpected{read.error()};
            return true;
        }
        case part::chunk_size:
        case part::chunk_end:
        case part::trailers: return line_step();
        case part::chunk: return take_body(part::chunk_end);
        case part::counted: return take_body(part::done);
        case part::until_end: body_ += std::exchange(waiting_, {}); return false;
        case part::done: break;
    }
    return false;
}

result<void> answer_reader::read_head(std::string_view head) {
    constexpr std::size_t status_at = 9;
    auto const status = head.size() < status_at + 3 ? std::nullopt : read_size(head.substr(status_at, 3), 10);
    if (!head.starts_with("HTTP/1.") || !status) return not_http();
    status_ = static_cast<int>(*status);
    if (status_ < 200) return {};  // an interim answer: the real one follows
    auto const coding = header(head, "Transfer-Encoding");
    auto const length = header(head, "Content-Length");
    if (status_ == no_content || status_ == not_modified) {
        part_ = part::done;
    } else if (coding) {
        if (!same_letters(*coding, "chunked")) return not_http();
        part_ = part::chunk_size;
    } else if (length) {
        auto const size = read_size(*length, 10);
        if (!size) return not_http();
        left_ = *size;
        part_ = left_ == 0 ? part::done : part::counted;
    } else {
        part_ = part::until_end;
    }
    return {};
}

result<bool> answer_reader::line_step() {
    auto const end = waiting_.find("\r\n");
    if (end == std::string::npos && waiting_.size() > longest_line) return not_http();
    if (end == std::string::npos) return false;
    auto const line = waiting_.substr(0, end);
    waiting_.erase(0, end + 2);
    if (part_ == part::trailers) {
        if (line.empty()) part_ = part::done;
        return true;
    }
    if (part_ == part::chunk_end) {
        if (!line.empty()) return not_http();
        part_ = part::chunk_size;
        return true;
    }
    auto const written = std::string_view{line}.substr(0, line.find_first_of("; \t"));
    auto const size = read_size(written, 16);
    if (!size) return not_http();
    left_ = *size;
    part_ = left_ == 0 ? part::trailers : part::chunk;
    return true;
}

bool answer_reader::take_body(part next) {
    auto const taken = std::min(left_, waiting_.size());
    body_.append(waiting_, 0, taken);
    waiting_.erase(0, taken);
    left_ -= taken;
    if (left_ > 0) return false;
    part_ = next;
    return true;
}

}  // namespace voicehook::app::ops
