#include "sinks/redis/commands.hpp"

#include "sinks/cloud_event.hpp"

#include <hiredis/hiredis.h>

#include <memory>
#include <new>
#include <vector>

namespace voicehook::sinks::redis {

std::string command(std::span<std::string_view const> words) {
    auto texts = std::vector<char const*>{};
    auto lengths = std::vector<std::size_t>{};
    for (auto const word : words) {
        texts.push_back(word.data());
        lengths.push_back(word.size());
    }
    auto* made = static_cast<char*>(nullptr);
    auto const length = redisFormatCommandArgv(&made, static_cast<int>(words.size()), texts.data(), lengths.data());
    if (length < 0) throw std::bad_alloc{};
    auto const owner = std::unique_ptr<char, void (*)(char*)>{made, &redisFreeCommand};
    return {made, static_cast<std::size_t>(length)};
}

std::string add_entry(core::delivery const& item, trace_context const& trace, stream_target const& to) {
    auto const traceparent = write_traceparent(trace);
    auto event = std::vector<std::string>{};
    if (item.encoding == core::delivery_encoding::cloudevents_binary)
        for (auto const& [name, value] : cloud_event_attributes(item)) {
            event.push_back("ce_" + std::string{name});
            event.push_back(value);
        }
    auto const limit = std::to_string(to.max_length);

    auto words = std::vector<std::string_view>{"XADD", to.key};
    if (to.max_length != 0) words.insert(words.end(), {"MAXLEN", "~", limit});
    words.insert(words.end(), {"*", "id", item.id.value(), "type", item.event_type, "content_type", item.content_type,
                               "traceparent", traceparent});
    words.insert(words.end(), event.begin(), event.end());
    words.insert(words.end(), {"data", item.body});
    return command(words);
}

std::string add_nothing(stream_target const& to) {
    auto const words = std::vector<std::string_view>{"XADD", to.key, "0-0", "id", "probe"};
    return command(words);
}

}  // namespace voicehook::sinks::redis
