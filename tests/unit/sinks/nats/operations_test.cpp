#include "sinks/nats/operations.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace voicehook::testing {
namespace {

using namespace std::string_view_literals;
using sinks::nats::operation;
using sinks::nats::operation_reader;
using kind = operation::kind;

/// Feeds in pieces of `size` and collects; a failure ends it.
std::vector<operation> read_all(std::string_view bytes, std::size_t size) {
    auto reader = operation_reader{};
    auto out = std::vector<operation>{};
    while (!bytes.empty()) {
        reader.feed(bytes.substr(0, size));
        bytes.remove_prefix(std::min(size, bytes.size()));
        while (true) {
            auto found = reader.next();
            EXPECT_TRUE(found.has_value()) << found.error().doing;
            if (!found || !*found) break;
            out.push_back(**found);
        }
    }
    EXPECT_EQ(reader.unread(), 0u);
    return out;
}

TEST(NatsOperations, EveryKindIsReadInAnyPieces) {
    auto const bytes =
        "INFO {\"a\":1} \r\n+OK\r\nPING\r\nPONG\r\n-ERR 'Authorization Violation'\r\nMSG _INBOX.a.1 1 4\r\na\r\nb\r\n"
        "MSG\tx  1 reply.to 0\r\n\r\nHMSG _INBOX.a.2 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
        "HMSG _INBOX.a.3 1 r 22 25\r\nNATS/1.0\r\nA: b\r\nC:\r\n\r\nxyz\r\n"sv;
    auto const expected = std::vector<operation>{
        {.is = kind::info, .text = "{\"a\":1} "},
        {.is = kind::ok},
        {.is = kind::ping},
        {.is = kind::pong},
        {.is = kind::error, .text = "Authorization Violation"},
        {.is = kind::message, .subject = "_INBOX.a.1", .payload = "a\r\nb"},
        {.is = kind::message, .subject = "x"},
        {.is = kind::message, .subject = "_INBOX.a.2", .status = 503},
        {.is = kind::message, .subject = "_INBOX.a.3", .payload = "xyz"},
    };
    for (auto const size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()})
        EXPECT_EQ(read_all(bytes, size), expected) << "in pieces of " << size;
}

TEST(NatsOperations, WhatIsNoneEndsTheReading) {
    for (auto const bytes :
         {"HTTP/1.1 400 Bad Request\r\n"sv, "\r\n"sv, "ping\r\n"sv, "MSG\r\n"sv, "MSG a 1\r\n"sv, "MSG a 1 b c 5\r\n"sv,
          "MSG a 1 -1\r\n"sv, "MSG a 1 x\r\n"sv, "MSG a 1 99999999999999999999\r\n"sv, "MSG a 1 300000\r\n"sv,
          "MSG a 1 1\r\nab\r\n"sv, "HMSG a 1 5 4\r\nabcd\r\n"sv, "HMSG a 1 4 4\r\nabcd\r\n"sv,
          "HMSG a 1 16 16\r\nNATS/1.0 5x3\r\n\r\n\r\n"sv, "HMSG a 1 17 17\r\nNATS/1.0 5030\r\n\r\n\r\n"sv,
          "\0\0\0\r\n"sv}) {
        auto reader = operation_reader{};
        reader.feed(bytes);

        auto const found = reader.next();

        ASSERT_FALSE(found.has_value()) << bytes;
        EXPECT_EQ(found.error().code, errc::protocol);
    }
}

TEST(NatsOperations, ALineWithoutEndIsNotKept) {
    auto reader = operation_reader{};
    auto found = reader.next();
    auto fed = std::size_t{};
    while (found && fed < 10 * operation_reader::longest_line) {
        reader.feed(std::string(8192, 'x'));
        fed += 8192;
        found = reader.next();
    }

    EXPECT_FALSE(found.has_value());
    EXPECT_LE(fed, operation_reader::longest_line + 8192);
}

}  // namespace
}  // namespace voicehook::testing
