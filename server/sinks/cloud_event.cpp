#include "sinks/cloud_event.hpp"

#include "wire/task_view.hpp"

#include <fmt/format.h>

#include <iterator>

namespace voicehook::sinks {

std::vector<std::pair<std::string_view, std::string>> cloud_event_attributes(core::delivery const& item) {
    return {{"specversion", "1.0"},    {"id", item.id.value()},        {"source", std::string{wire::event_source}},
            {"type", item.event_type}, {"subject", item.task.value()}, {"time", to_rfc3339(item.created_at)}};
}

std::string encode_for_header(std::string_view value) {
    auto out = std::string{};
    for (auto const byte : value) {
        auto const stays = byte > ' ' && byte < 0x7f && byte != '"' && byte != '%';
        if (stays)
            out += byte;
        else
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(byte));
    }
    return out;
}

}  // namespace voicehook::sinks
