#include "api/trace_header.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voicehook::api {
namespace {

auto const good = std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
auto const good_trace = trace_id{"4bf92f3577b34da6a3ce929d0e0e4736"};

http::request with(http::header_list headers) {
    http::request item;
    item.headers = std::move(headers);
    return item;
}

TEST(TraceHeader, IsReadInAnyLetterCase) {
    auto const found = read_trace(with({{"Host", "x"}, {"TraceParent", good}}));

    EXPECT_EQ(found.value().trace, good_trace);
}

TEST(TraceHeader, CountsForNothingWhenItIsBrokenMissingOrThereTwice) {
    EXPECT_EQ(read_trace(with({})), std::nullopt);
    EXPECT_EQ(read_trace(with({{"traceparent", good + "-00"}})), std::nullopt);
    EXPECT_EQ(read_trace(with({{"traceparent", good}, {"Traceparent", good}})), std::nullopt);
    EXPECT_EQ(read_trace(with({{"tracestate", good}})), std::nullopt);
}

TEST(TraceHeader, WithoutOneThatCountsAFreshTraceBegins) {
    auto const given = read_or_begin_trace(with({{"traceparent", good}}));
    auto const begun = read_or_begin_trace(with({{"traceparent", "00-" + std::string(32, '0') + good.substr(35)}}));
    auto const begun_too = read_or_begin_trace(with({}));

    EXPECT_EQ(given.trace, good_trace);
    EXPECT_EQ(read_traceparent(write_traceparent(begun)), begun);
    EXPECT_NE(begun.trace, begun_too.trace);
    EXPECT_NE(begun.span, begun_too.span);
}

}  // namespace
}  // namespace voicehook::api
