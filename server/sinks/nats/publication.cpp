#include "sinks/nats/publication.hpp"

#include "sinks/cloud_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voicehook::sinks::nats {
namespace {

bool is_word_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_' || letter == '-';
}

/// Never empty.
std::string as_word(std::string_view text) {
    auto out = std::string{text.empty() ? "_" : text};
    std::ranges::replace_if(out, [](char letter) { return !is_word_letter(letter); }, '_');
    return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

/// "completed" of "voice_design.completed".
std::string_view status_of(core::delivery const& item) {
    auto const type = std::string_view{item.event_type};
    return type.substr(type.rfind('.') + 1);
}

/// Visible ASCII and spaces; any other byte becomes '?'.
std::string as_header(std::string_view text) {
    auto out = std::string{text};
    std::ranges::replace_if(out, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
    return out;
}

void add_header(std::string& out, std::string_view name, std::string_view value) {
    out += fmt::format("{}: {}\r\n", name, as_header(value));
}

}  // namespace

std::string subject_of(core::delivery const& item, std::string_view pattern) {
    auto out = std::string{pattern};
    replace_all(out, "{status}", as_word(status_of(item)));
    replace_all(out, "{caller}", as_word(item.caller.value()));
    return out;
}

std::string subject_of_all(std::string_view pattern) {
    auto out = std::string{};
    while (true) {
        auto const end = std::min(pattern.find('.'), pattern.size());
        auto const word = pattern.substr(0, end);
        out += word.contains('{') ? std::string_view{"*"} : word;
        if (end == pattern.size()) return out;
        out += '.';
        pattern.remove_prefix(end + 1);
    }
}

publication publish(core::delivery const& item, trace_context const& trace, std::string_view pattern,
                    std::string reply) {
    auto headers = std::string{"NATS/1.0\r\n"};
    add_header(headers, "Nats-Msg-Id", item.id.value());
    add_header(headers, "Content-Type", item.content_type);
    if (!item.event_type.empty()) add_header(headers, "Voicehook-Type", item.event_type);
    add_header(headers, "traceparent", write_traceparent(trace));
    if (item.encoding == core::delivery_encoding::cloudevents_binary)
        for (auto const& [name, value] : cloud_event_attributes(item))
            add_header(headers, fmt::format("ce-{}", name), encode_for_header(value));
    headers += "\r\n";

    auto out = publication{.subject = subject_of(item, pattern), .reply = std::move(reply)};
    out.size = headers.size() + item.body.size();
    out.bytes = fmt::format("HPUB {} {} {} {}\r\n", out.subject, out.reply, headers.size(), out.size);
    out.bytes.reserve(out.bytes.size() + out.size + 2);
    out.bytes += headers;
    out.bytes += item.body;
    out.bytes += "\r\n";
    return out;
}

publication ask(std::string subject, std::string reply, std::string_view payload) {
    auto bytes = fmt::format("PUB {} {} {}\r\n{}\r\n", subject, reply, payload.size(), payload);
    return {std::move(bytes), std::move(subject), std::move(reply), payload.size()};
}

}  // namespace voicehook::sinks::nats
