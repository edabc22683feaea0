#include "base/trace_context.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook {
namespace {

// W3C Trace Context, 3.2.4.
auto const good = std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
auto const good_trace = trace_id{"4bf92f3577b34da6a3ce929d0e0e4736"};
auto const good_span = span_id{"00f067aa0ba902b7"};

std::string with(std::size_t at, std::string_view piece) {
    auto text = good;
    return text.replace(at, piece.size(), piece);
}

TEST(TraceContext, ATraceparentTellsTraceSpanAndWhetherItIsSampled) {
    auto const sampled = read_traceparent(good);
    auto const unsampled = read_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");

    EXPECT_EQ(sampled, (trace_context{good_trace, good_span, sampling::on}));
    EXPECT_EQ(unsampled, (trace_context{good_trace, good_span, sampling::off}));
}

TEST(TraceContext, OfTheFlagsOnlyTheLowestBitCounts) {
    for (auto const flags : {"01", "03", "ff", "0b", "f9"})
        EXPECT_EQ(read_traceparent(with(53, flags)).value().sampled, sampling::on) << flags;
    for (auto const flags : {"00", "02", "fe", "0a", "f8"})
        EXPECT_EQ(read_traceparent(with(53, flags)).value().sampled, sampling::off) << flags;
}

TEST(TraceContext, VersionZeroHasExactlyItsLength) {
    EXPECT_EQ(read_traceparent(good + "-"), std::nullopt);
    EXPECT_EQ(read_traceparent(good + "-what-the-future-brings"), std::nullopt);
    EXPECT_EQ(read_traceparent(good + "0"), std::nullopt);
    EXPECT_EQ(read_traceparent(good.substr(0, 54)), std::nullopt);
}

TEST(TraceContext, OfALaterVersionWhatVersionZeroKnowsIsRead) {
    auto const expected = trace_context{good_trace, good_span, sampling::on};

    EXPECT_EQ(read_traceparent(with(0, "cc")), expected);
    EXPECT_EQ(read_traceparent(with(0, "01") + "-"), expected);
    EXPECT_EQ(read_traceparent(with(0, "fe") + "-What the future will be like"), expected);
    EXPECT_EQ(read_traceparent(with(0, "cc") + ".what-the-future-will-be-like"), std::nullopt);
    EXPECT_EQ(read_traceparent(with(0, "cc") + "0"), std::nullopt);
    EXPECT_EQ(read_traceparent(with(0, "cc").substr(0, 54)), std::nullopt);
}

TEST(TraceContext, EveryOddFormIsRefused) {
    auto const odd = std::vector<std::string>{
        "",
        "00",
        "-",
        with(0, "ff"),                                // the version that is none
        with(0, "0x"),                                // no digits
        with(0, "CC"),                                // upper case
        with(0, " 0"),                                //
        with(3, "4BF92F3577B34DA6A3CE929D0E0E4736"),  //
        with(36, "00F067AA0BA902B7"),                 //
        with(53, "0A"),                               //
        with(3, "00000000000000000000000000000000"),  // ids of zeros
        with(36, "0000000000000000"),                 //
        with(3, "4bf92f3577b34da6a3ce929d0e0e473g"),  // other characters
        with(36, "00f067aa0ba902b "),                 //
        with(53, "0."),                               //
        with(2, "_"),                                 // other separators
        with(35, ":"),                                //
        with(52, " "),                                //
        with(3, std::string_view{"\0\0\0\0", 4}),     //
        " " + good,                                   //
        good + " ",                                   //
        good + "," + good,                            // two in one header
        "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
    };
    for (auto const& text : odd) EXPECT_EQ(read_traceparent(text), std::nullopt) << '"' << text << '"';
}

TEST(TraceContext, WhatIsWrittenReadsTheSame) {
    for (auto const sampled : {sampling::on, sampling::off}) {
        auto const item = trace_context{good_trace, good_span, sampled};

        EXPECT_EQ(read_traceparent(write_traceparent(item)), item);
    }
    EXPECT_EQ(write_traceparent({good_trace, good_span, sampling::on}), good);
}

TEST(TraceContext, ATextIsATraceIdOnlyInTheFormThatHeadersHave) {
    EXPECT_EQ(read_trace_id("4bf92f3577b34da6a3ce929d0e0e4736"), good_trace);
    for (auto const text : {"", "4bf92f3577b34da6a3ce929d0e0e473", "4bf92f3577b34da6a3ce929d0e0e47360",
                            "4BF92F3577B34DA6A3CE929D0E0E4736", "00000000000000000000000000000000",
                            "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"})
        EXPECT_EQ(read_trace_id(text), std::nullopt) << text;
}

TEST(TraceContext, ASpanIsTheFirstEightRandomBytesAndNeverZero) {
    EXPECT_EQ(make_span_id({0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7, 0xff, 0xff}), good_span);
    EXPECT_EQ(make_span_id({}), span_id{"0000000000000001"});
}

TEST(TraceContext, ATraceOfOursIsAUuidOfItsTimeAndReadable) {
    auto const began = begin_trace(from_unix_ms(0x017F22E279B0), {0x0c, 0xc3, 0x18, 0xc4}, {1, 2, 3});

    EXPECT_EQ(began.trace, trace_id{"017f22e279b07cc398c4000000000000"});
    EXPECT_EQ(read_traceparent(write_traceparent(began)), began);
}

TEST(TraceContext, TheNextSpanStaysInTheTraceAndKeepsWhetherItIsSampled) {
    auto const caller = trace_context{good_trace, good_span, sampling::off};

    auto const next = next_span(caller, {9, 9, 9});

    EXPECT_EQ(next.trace, caller.trace);
    EXPECT_EQ(next.sampled, caller.sampled);
    EXPECT_EQ(next.span, span_id{"0909090000000000"});
}

}  // namespace
}  // namespace voicehook
