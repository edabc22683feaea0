#include "http/body_gate.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace voicehook::http {
namespace {

TEST(BodyGate, ASizedBodyEndsAtItsLength) {
    auto body = body_gate::sized(5);

    auto const first = body.take("abc");
    auto const second = body.take("deGET /");

    EXPECT_EQ(first->taken, 3U);
    EXPECT_EQ(second->taken, 2U);
    EXPECT_TRUE(body.finished());
    EXPECT_EQ(body.wire_bytes(), 5U);
}

TEST(BodyGate, NoBodyIsFinishedAtOnce) { EXPECT_TRUE(body_gate::sized(0).finished()); }

TEST(BodyGate, AChunkedBodyEndsWithItsLastChunkHoweverItIsCut) {
    constexpr auto wire = std::string_view{"5\r\nhello\r\n0a\r\n0123456789\r\n0\r\n\r\n"};
    for (auto cut = std::size_t{0}; cut <= wire.size(); ++cut) {
        auto body = body_gate::chunked();

        auto const first = body.take(wire.substr(0, cut));
        auto const second = body.take(std::string{wire.substr(cut)} + "GET / HTTP/1.1");

        ASSERT_TRUE(first.has_value() && second.has_value()) << cut;
        EXPECT_EQ(first->taken + second->taken, wire.size()) << cut;
        EXPECT_TRUE(body.finished()) << cut;
    }
}

TEST(BodyGate, OnlyWholeLinesAndDataArePassedOnToTheParser) {
    auto body = body_gate::chunked();

    EXPECT_EQ(body.take("5")->parsable, 0U);
    EXPECT_EQ(body.take("\r")->parsable, 0U);
    EXPECT_EQ(body.take("\n")->parsable, 1U);
    EXPECT_EQ(body.take("hel")->parsable, 3U);
    EXPECT_EQ(body.take("lo\r\n")->parsable, 2U);
    EXPECT_EQ(body.take("0\r\n")->parsable, 0U);
    EXPECT_EQ(body.take("\r")->parsable, 0U);
    EXPECT_FALSE(body.finished());
    EXPECT_EQ(body.take("\n")->parsable, 1U);
    EXPECT_TRUE(body.finished());
}

TEST(BodyGate, HostileChunksAreRefused) {
    struct row {
        char const* what;
        std::string wire;
        gate_reason expected;
    };
    auto const rows = std::vector<row>{
        {"extension", "5;a=b\r\nhello\r\n", gate_reason::chunk_extension},
        {"quoted extension with a bare LF", "5;a=\"\n\"\r\nhello\r\n", gate_reason::chunk_extension},
        {"space after the size", "5 \r\nhello\r\n", gate_reason::chunk_extension},
        {"extension of the last chunk", "0;a\r\n\r\n", gate_reason::chunk_extension},
        {"trailer", "0\r\nX: 1\r\n\r\n", gate_reason::trailers},
        {"trailer after data", "1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n", gate_reason::trailers},
        {"no size", "\r\n\r\n", gate_reason::chunk_framing},
        {"size with 0x", "0x5\r\nhello\r\n", gate_reason::chunk_framing},
        {"negative size", "-1\r\n", gate_reason::chunk_framing},
        {"size of nine digits", "000000005\r\nhello\r\n", gate_reason::chunk_framing},
        {"overflowing size", "ffffffffffffffff1\r\n", gate_reason::chunk_framing},
        {"size ended by a bare LF", "5\nhello\r\n", gate_reason::chunk_framing},
        {"size ended by a bare CR", "5\rhello\r\n", gate_reason::chunk_framing},
        {"data longer than its size", "4\r\nhello\r\n", gate_reason::chunk_framing},
        {"data ended by a bare LF", "5\r\nhello\n", gate_reason::chunk_framing},
        {"data ended by two CRs", "5\r\nhello\r\r\n", gate_reason::chunk_framing},
        {"bare CR at the very end", "0\r\n\rX", gate_reason::chunk_framing},
    };

    for (auto const& [what, wire, expected] : rows) {
        auto body = body_gate::chunked();

        auto const seen = body.take(wire);

        ASSERT_FALSE(seen.has_value()) << what;
        EXPECT_EQ(to_text(seen.error()), to_text(expected)) << what;
    }
}

}  // namespace
}  // namespace voicehook::http
