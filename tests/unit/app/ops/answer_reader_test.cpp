#include "app/ops/answer_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace voicehook::app::ops {
namespace {

/// Every byte by itself: no step may depend on how the network cut it.
result<std::string> read_slowly(answer_reader& reader, std::string_view bytes) {
    auto body = std::string{};
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        auto const taken = reader.take(bytes.substr(at, 1));
        if (!taken) return std::unexpected{taken.error()};
        body += reader.body();
    }
    return body;
}

TEST(AnswerReader, ABodyOfKnownLengthEndsThere) {
    auto reader = answer_reader{};

    auto const body = read_slowly(reader, "HTTP/1.1 409 Conflict\r\ncontent-length:  5 \r\n\r\nhello");

    ASSERT_TRUE(body.has_value()) << body.error().doing;
    EXPECT_EQ(*body, "hello");
    EXPECT_EQ(reader.status(), 409);
    EXPECT_TRUE(reader.complete());
}

TEST(AnswerReader, ChunksAreJoinedAndTheirExtensionsAndTrailersSkipped) {
    auto reader = answer_reader{};

    auto const body = read_slowly(reader,
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "5;x=y\r\nhello\r\nA\r\n, listener\r\n0\r\nX: y\r\n\r\n");

    ASSERT_TRUE(body.has_value()) << body.error().doing;
    EXPECT_EQ(*body, "hello, listener");
    EXPECT_TRUE(reader.complete());
}

TEST(AnswerReader, WithoutLengthTheBodyEndsWithTheConnection) {
    auto reader = answer_reader{};

    auto const body = read_slowly(reader, "HTTP/1.0 200 OK\r\n\r\nall of it");

    EXPECT_EQ(body.value(), "all of it");
    EXPECT_FALSE(reader.complete());
    EXPECT_TRUE(reader.end().has_value());
    EXPECT_TRUE(reader.complete());
}

TEST(AnswerReader, AnInterimAnswerIsNotTheAnswer) {
    auto reader = answer_reader{};

    auto const body =
        read_slowly(reader, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n");

    EXPECT_EQ(body.value(), "");
    EXPECT_EQ(reader.status(), 204);
    EXPECT_TRUE(reader.complete());
}

TEST(AnswerReader, AnAnswerThatStopsInTheMiddleIsNotComplete) {
    for (auto const* const begun : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
        auto reader = answer_reader{};
        ASSERT_TRUE(reader.take(begun).has_value());

        auto const ended = reader.end();

        ASSERT_FALSE(ended.has_value()) << begun;
        EXPECT_EQ(ended.error().code, errc::reset);
    }
}

TEST(AnswerReader, WhatIsNotHttpIsRefused) {
    for (auto const* const bytes :
         {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"}) {
        auto reader = answer_reader{};

        auto const taken = reader.take(bytes);

        ASSERT_FALSE(taken.has_value()) << bytes;
        EXPECT_EQ(taken.error().code, errc::protocol) << bytes;
    }
}

TEST(AnswerReader, HeadsAndLinesHaveAnEnd) {
    auto head = answer_reader{};
    auto chunk = answer_reader{};
    ASSERT_TRUE(chunk.take("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").has_value());

    EXPECT_EQ(head.take("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')).error().code, errc::too_large);
    EXPECT_EQ(chunk.take(std::string(10'000, '0')).error().code, errc::protocol);
}

}  // namespace
}  // namespace voicehook::app::ops
