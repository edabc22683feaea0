#include "sinks/redis/commands.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace voicehook::testing {
namespace {

using namespace std::string_view_literals;

/// Reads the protocol as a server does; throws for anything but one whole command.
std::vector<std::string> words_of(std::string_view bytes) {
    auto const number = [&](char mark) {
        if (!bytes.starts_with(mark)) throw std::runtime_error{"no length where one must be"};
        auto value = std::size_t{};
        auto const end = bytes.find("\r\n");
        std::from_chars(bytes.data() + 1, bytes.data() + end, value);
        bytes.remove_prefix(end + 2);
        return value;
    };
    auto words = std::vector<std::string>(number('*'));
    for (auto& word : words) {
        auto const length = number('$');
        word = bytes.substr(0, length);
        if (bytes.substr(length, 2) != "\r\n") throw std::runtime_error{"a length that is not true"};
        bytes.remove_prefix(length + 2);
    }
    if (!bytes.empty()) throw std::runtime_error{"more than one command"};
    return words;
}

core::delivery some_delivery() {
    auto item = core::delivery{};
    item.id = delivery_id{"msg_1"};
    item.task = task_id{"task-1"};
    item.event_type = "voice_design.completed";
    item.content_type = "application/json";
    item.body = "{\"a\":1}";
    item.created_at = instant{1'775'123'456'789ms};
    return item;
}

trace_context const some_trace{trace_id{"0af7651916cd43dd8448eb211c80319c"}, span_id{"b7ad6b7169203331"}};
constexpr auto some_traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(RedisCommands, AnEntryHasTheDeliveryInItsFields) {
    auto const words = words_of(sinks::redis::add_entry(some_delivery(), some_trace, {.key = "results"}));

    EXPECT_EQ(words, (std::vector<std::string>{"XADD", "results", "*", "id", "msg_1", "type", "voice_design.completed",
                                               "content_type", "application/json", "traceparent", some_traceparent,
                                               "data", "{\"a\":1}"}));
}

TEST(RedisCommands, AStreamIsKeptShortWhereThatIsWanted) {
    auto const words =
        words_of(sinks::redis::add_entry(some_delivery(), some_trace, {.key = "results", .max_length = 1000}));

    EXPECT_EQ(std::vector(words.begin(), words.begin() + 6),
              (std::vector<std::string>{"XADD", "results", "MAXLEN", "~", "1000", "*"}));
}

TEST(RedisCommands, ABinaryEventHasItsAttributesAsFields) {
    auto item = some_delivery();
    item.encoding = core::delivery_encoding::cloudevents_binary;

    auto const words = words_of(sinks::redis::add_entry(item, some_trace, {.key = "results"}));

    auto const begin = std::ranges::find(words, "ce_specversion");
    EXPECT_EQ(std::vector(begin, words.end()),
              (std::vector<std::string>{"ce_specversion", "1.0", "ce_id", "msg_1", "ce_source", "voicehook", "ce_type",
                                        "voice_design.completed", "ce_subject", "task-1", "ce_time",
                                        to_rfc3339(item.created_at), "data", "{\"a\":1}"}));
}

TEST(RedisCommands, NoTextBreaksOutOfItsPlace) {
    auto const hostile = std::vector<std::string>{"\r\n*1\r\n$8\r\nFLUSHALL\r\n",
                                                  std::string{"a\0b"sv},
                                                  "\xff\xfe\xc0\xaf",
                                                  "$-1\r\n",
                                                  "*2\r\n",
                                                  "",
                                                  "\n",
                                                  "%s%n%d%b",
                                                  "\x1b[2J",
                                                  std::string(70'000, '\r')};
    for (auto const& text : hostile) {
        auto item = some_delivery();
        item.id = delivery_id{text};
        item.event_type = text;
        item.content_type = text;
        item.body = text;

        auto const words = words_of(sinks::redis::add_entry(item, some_trace, {.key = text}));

        EXPECT_EQ(words, (std::vector<std::string>{"XADD", text, "*", "id", text, "type", text, "content_type", text,
                                                   "traceparent", some_traceparent, "data", text}));
    }
}

TEST(RedisCommands, LookingUsesAnIdThatNoServerTakes) {
    EXPECT_EQ(words_of(sinks::redis::add_nothing({.key = "results"})),
              (std::vector<std::string>{"XADD", "results", "0-0", "id", "probe"}));
}

}  // namespace
}  // namespace voicehook::testing
