#include "sinks/redis/replies.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace voicehook::testing {
namespace {

using namespace std::string_view_literals;
using sinks::redis::reply;
using sinks::redis::reply_reader;
using kind = reply::kind;

reply next(reply_reader& reader) {
    auto found = reader.next();
    EXPECT_TRUE(found && *found) << (found ? "more bytes are needed" : found.error().doing);
    return found && *found ? **found : reply{};
}

TEST(RedisReplies, EveryKindIsRead) {
    auto reader = reply_reader{};
    reader.feed("+OK\r\n$15\r\n1526919030474-0\r\n:3\r\n$-1\r\n-WRONGTYPE no\r\n$0\r\n\r\n");

    EXPECT_EQ(next(reader), (reply{.is = kind::status, .text = "OK"}));
    EXPECT_EQ(next(reader), (reply{.is = kind::text, .text = "1526919030474-0"}));
    EXPECT_EQ(next(reader), (reply{.is = kind::integer, .number = 3}));
    EXPECT_EQ(next(reader), (reply{.is = kind::nothing}));
    EXPECT_EQ(next(reader), (reply{.is = kind::error, .text = "WRONGTYPE no"}));
    EXPECT_EQ(next(reader), (reply{.is = kind::text, .text = ""}));
    EXPECT_EQ(reader.next().value(), std::nullopt);
    EXPECT_EQ(reader.unread(), 0u);
}

TEST(RedisReplies, ComeInAnyPieces) {
    auto reader = reply_reader{};
    auto const bytes = "$5\r\na\r\nbc\r\n+OK\r\n"sv;
    auto found = std::vector<reply>{};

    for (auto const byte : bytes) {
        reader.feed({&byte, 1});
        auto const one = reader.next();
        ASSERT_TRUE(one.has_value());
        if (*one) found.push_back(**one);
    }

    EXPECT_EQ(found, (std::vector<reply>{{.is = kind::text, .text = "a\r\nbc"}, {.is = kind::status, .text = "OK"}}));
}

TEST(RedisReplies, WhatIsNoReplyToUsEndsTheReading) {
    for (auto const bytes :
         {"HTTP/1.1 400 Bad Request\r\n"sv, "*2\r\n+a\r\n+b\r\n"sv, "*0\r\n"sv, "*1000000000\r\n"sv, "*-1000\r\n"sv,
          "$-5\r\n"sv, ":12a\r\n"sv, "\0\0\0\0\r\n"sv, "%1\r\n+a\r\n+b\r\n"sv, "\r\n"sv}) {
        auto reader = reply_reader{};
        reader.feed(bytes);

        auto const found = reader.next();

        ASSERT_FALSE(found.has_value()) << bytes;
        EXPECT_EQ(found.error().code, errc::protocol);
    }
}

TEST(RedisReplies, AReplyWithoutEndIsNotKept) {
    for (auto const begin : {"$1000000000\r\n"sv, "+"sv}) {
        auto reader = reply_reader{};
        reader.feed(begin);
        auto found = reader.next();
        auto fed = std::size_t{};
        while (found && fed < 10 * reply_reader::longest_reply) {
            reader.feed(std::string(8192, 'x'));
            fed += 8192;
            found = reader.next();
        }

        EXPECT_FALSE(found.has_value());
        EXPECT_LE(fed, reply_reader::longest_reply + 8192);
    }
}

}  // namespace
}  // namespace voicehook::testing
