#include "sinks/line_figures.hpp"

#include "tests/unit/telemetry/exposition.hpp"

#include <gtest/gtest.h>

namespace voicehook::testing {
namespace {

class LineFigures : public ::testing::Test {
protected:
    [[nodiscard]] double round_trip() const {
        auto const found = telemetry::testing::read_exposition(metrics_.render());
        return found ? found->value(R"(voicehook_sink_broker_rtt_seconds{sink="stream"})") : -1;
    }

    telemetry::metrics metrics_{{.sinks = {"stream"}}, "test"};
    sinks::line_figures figures_{metrics_, sink_name{"stream"}};
};

TEST_F(LineFigures, ARoundTripBelowAMillisecondIsNotZero) {
    figures_.answered(std::chrono::microseconds{400});

    EXPECT_DOUBLE_EQ(round_trip(), 0.0004);
}

TEST_F(LineFigures, ALaterRoundTripMovesTheAverageATenthOfTheWay) {
    figures_.answered(1ms);
    figures_.answered(11ms);

    EXPECT_DOUBLE_EQ(round_trip(), 0.002);
}

}  // namespace
}  // namespace voicehook::testing
