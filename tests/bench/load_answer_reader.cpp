#include "tests/bench/load_answer_reader.hpp"

#include <strings.h>

#include <charconv>

namespace load {
namespace {

bool is_name(std::string_view line, std::string_view name) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::string_view value_of(std::string_view line, std::string_view name) {
    auto const value = line.substr(name.size() + 1);
    auto const begin = value.find_first_not_of(' ');
    return begin == std::string_view::npos ? std::string_view{} : value.substr(begin);
}

}  // namespace

answer_reader::progress answer_reader::take(std::string_view bytes) {
    received_ += bytes;
    if (head_length_ == 0) {
        auto const end = received_.find("\r\n\r\n");
        if (end == std::string::npos) return progress::incomplete;
        if (!read_head(end + 4)) return progress::not_understood;
    }
    auto const wanted = head_length_ + body_length_;
    if (received_.size() > wanted) return progress::not_understood;
    return received_.size() == wanted ? progress::complete : progress::incomplete;
}

void answer_reader::clear() {
    received_.clear();
    head_length_ = 0;
    body_length_ = 0;
    status_ = 0;
    closes_ = false;
}

std::string_view answer_reader::body() const { return std::string_view{received_}.substr(head_length_); }

bool answer_reader::read_head(std::size_t length) {
    auto head = std::string_view{received_}.substr(0, length - 2);
    if (head.size() < 14 || !head.starts_with("HTTP/1.1 ")) return false;
    std::from_chars(head.data() + 9, head.data() + 12, status_);
    for (auto end = head.find("\r\n"); end != std::string_view::npos; end = head.find("\r\n")) {
        auto const line = head.substr(0, end);
        head.remove_prefix(end + 2);
        if (is_name(line, "Content-Length")) {
            auto const value = value_of(line, "Content-Length");
            std::from_chars(value.data(), value.data() + value.size(), body_length_);
        } else if (is_name(line, "Connection")) {
            closes_ = value_of(line, "Connection") == "close";
        } else if (is_name(line, "Transfer-Encoding")) {
            return false;
        }
    }
    head_length_ = length;
    return true;
}

}  // namespace load
