#include "api/history.hpp"

#include "wire/raw_json.hpp"

#include <gtest/gtest.h>

namespace voicehook::api {
namespace {

constexpr auto noon = instant{1'775'131'200'000ms};

TEST(HistoryView, EverySeriesHasOneValueForEachIntervalAndGapsAreNull) {
    telemetry::track::excerpt found{10s, noon, std::vector<telemetry::sample>(3)};
    found.samples[0][telemetry::index_of(telemetry::series::parked)] = 0;
    found.samples[2][telemetry::index_of(telemetry::series::parked)] = 12.5;

    auto const text = render_history_of(telemetry::history_window::hour, found);

    EXPECT_TRUE(wire::is_json(text)) << text;
    EXPECT_NE(text.find(R"({"window":"1h","step_seconds":10,"until":"2026-04-02T12:00:00.000Z","series":{)"), text.npos)
        << text;
    EXPECT_NE(text.find(R"("parked":[0,null,12.5])"), text.npos) << text;
    EXPECT_NE(text.find(R"("ack_p99_seconds":[null,null,null])"), text.npos) << text;
}

}  // namespace
}  // namespace voicehook::api
