#include "app/ops/event_reader.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::app::ops {
namespace {

constexpr std::size_t longest_id = 200;

/// Whether an id can stand in a header line.
bool can_be_sent(std::string_view id) {
    return id.size() <= longest_id &&
           std::ranges::all_of(id, [](char letter) { return letter > 0x20 && letter < 0x7f; });
}

}  // namespace

result<std::vector<server_event>> event_reader::take(std::string_view bytes) {
    auto out = std::vector<server_event>{};
    while (!bytes.empty()) {
        if (std::exchange(after_return_, false) && bytes.front() == '\n') {
            bytes.remove_prefix(1);
            continue;
        }
        auto const end = bytes.find_first_of("\r\n");
        line_ += bytes.substr(0, end);
        if (line_.size() + event_.data.size() > longest)
            return fail(errc::too_large, "read the events: one is longer than 4 MiB");
        if (end == std::string_view::npos) break;
        after_return_ = bytes[end] == '\r';
        bytes.remove_prefix(end + 1);
        take_line(std::exchange(line_, {}), out);
    }
    return out;
}

void event_reader::reconnected() {
    line_.clear();
    event_ = {};
    has_data_ = after_return_ = false;
    next_id_ = last_id_;
}

void event_reader::take_line(std::string_view line, std::vector<server_event>& out) {
    if (line.empty()) {
        last_id_ = next_id_;
        event_.id = last_id_;
        if (std::exchange(has_data_, false)) out.push_back(std::move(event_));
        event_ = {};
        return;
    }
    auto const colon = line.find(':');
    auto const field = line.substr(0, colon);
    auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") {
        event_.name = value.empty() ? "message" : value;
    } else if (field == "data") {
        if (std::exchange(has_data_, true)) event_.data += '\n';
        event_.data += value;
    } else if (field == "id" && can_be_sent(value)) {
        next_id_ = value;
    }
}

}  // namespace voicehook::app::ops
