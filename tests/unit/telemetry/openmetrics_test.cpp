// What a scraper that asked for OpenMetrics sees; and its reader must be able to fail.
#include "telemetry/openmetrics.hpp"

#include "exposition.hpp"
#include "openmetrics_reader.hpp"
#include "telemetry/metrics.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <limits>

namespace voicehook::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::openmetrics_text;
using testing::read_exposition;
using testing::read_openmetrics;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto some_trace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr auto later_trace = "00f067aa0ba902b7ffffffffffffffff";

metric_labels some_labels() { return {.sinks = {"results"}, .reject_reasons = {"method", "not_found"}}; }

openmetrics_text scraped(metrics const& item) {
    auto const read = read_openmetrics(item.render(exposition_format::openmetrics));
    EXPECT_TRUE(read) << read.error();
    return read.value_or(openmetrics_text{});
}

std::string families(prometheus::MetricType type, std::string name, std::string help, std::string label_value) {
    prometheus::ClientMetric series;
    series.label = {{"label", std::move(label_value)}};
    series.gauge.value = std::numeric_limits<double>::quiet_NaN();
    return render_openmetrics({{std::move(name), std::move(help), type, {series}}}, {});
}

double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

TEST(OpenMetrics, IsReadByAStrictReaderWhateverWasCounted) {
    metrics item{some_labels(), "1.2.3"};
    item.add(counter::callbacks, {"accepted"}, 3);
    item.set(gauge::store_bytes, {}, 1.5e12);
    item.observe(histogram::store_commit_rows, {}, 3);

    auto const seen = scraped(item);

    EXPECT_EQ(seen.value("voicehook_callbacks_total{result=\"accepted\"}"), 3);
    EXPECT_EQ(seen.value("voicehook_store_bytes"), 1.5e12);
    EXPECT_EQ(seen.value("voicehook_store_commit_rows_bucket{le=\"2.0\"}"), 0);
    EXPECT_EQ(seen.value("voicehook_store_commit_rows_bucket{le=\"4.0\"}"), 1);
    EXPECT_EQ(seen.value("voicehook_store_commit_rows_count"), 1);
}

TEST(OpenMetrics, AnnouncesEachFamilyAsTheFormatNamesIt) {
    auto const seen = scraped(metrics{some_labels(), "1.2.3"});

    EXPECT_EQ(seen.families.at("voicehook_callbacks").type, "counter");
    EXPECT_EQ(seen.families.at("voicehook_build").type, "info");
    EXPECT_EQ(seen.families.at("voicehook_callback_ack_seconds").type, "histogram");
    EXPECT_EQ(seen.families.at("voicehook_callback_ack_seconds").unit, "seconds");
    EXPECT_EQ(seen.families.at("voicehook_store_bytes").unit, "bytes");
    EXPECT_EQ(seen.families.at("voicehook_store_commit_rows").unit, "");
}

TEST(OpenMetrics, TellsTheSameNumbersAsThePrometheusText) {
    metrics item{some_labels(), "1.2.3"};
    item.add(counter::callbacks, {"duplicate"}, 2);
    item.observe(histogram::delivery_lag_seconds, {"results"}, 0.02);

    auto const one = scraped(item);
    auto const other = read_exposition(item.render());

    ASSERT_TRUE(other) << other.error();
    EXPECT_THAT(other->samples, SizeIs(one.samples.size()));
    EXPECT_THAT(other->types, SizeIs(one.families.size()));
    for (auto const* const series :
         {"voicehook_callbacks_total{result=\"duplicate\"}", "voicehook_delivery_lag_seconds_sum{sink=\"results\"}",
          "voicehook_delivery_lag_seconds_count{sink=\"results\"}"})
        EXPECT_EQ(one.value(series), other->value(series)) << series;
}

TEST(OpenMetrics, ShowsTheLastTraceThatFellIntoABucket) {
    metrics item{some_labels(), "1.2.3"};
    auto const began = seconds_since_1970();
    item.observe(histogram::delivery_lag_seconds, {"results"}, 0.02, some_trace);
    item.observe(histogram::delivery_lag_seconds, {"results"}, 0.05, later_trace);
    item.observe(histogram::delivery_lag_seconds, {"results"}, 0.03);
    item.observe(histogram::delivery_lag_seconds, {"results"}, 1e6, some_trace);

    auto const seen = scraped(item);

    ASSERT_THAT(seen.exemplars, SizeIs(2));
    auto const& small = seen.exemplars.at("voicehook_delivery_lag_seconds_bucket{sink=\"results\",le=\"0.05\"}");
    EXPECT_EQ(small.labels, std::string{"trace_id=\""} + later_trace + "\"");
    EXPECT_EQ(small.value, 0.05) << "a bound belongs to its bucket";
    EXPECT_GE(small.at, began - 0.001);
    EXPECT_LE(small.at, seconds_since_1970() + 0.001);
    EXPECT_TRUE(seen.exemplars.contains("voicehook_delivery_lag_seconds_bucket{sink=\"results\",le=\"+Inf\"}"));
}

TEST(OpenMetrics, KeepsExemplarsOutOfThePrometheusText) {
    metrics item{some_labels(), "1.2.3"};
    item.observe(histogram::callback_ack_seconds, {}, 0.001, some_trace);

    EXPECT_THAT(item.render(), Not(HasSubstr(some_trace)));
    EXPECT_THAT(item.render(exposition_format::openmetrics), HasSubstr(some_trace));
}

TEST(OpenMetrics, TakesNothingButATraceIdForOne) {
    metrics item{some_labels(), "1.2.3"};
    for (auto const* const text : {"", "4bf92f", "4BF92F3577B34DA6A3CE929D0E0E4736", "00000000000000000000000000000000",
                                   "4bf92f3577b34da6a3ce929d0e0e473\n", "4bf92f3577b34da6a3ce929d0e0e47361"})
        item.observe(histogram::callback_ack_seconds, {}, 0.001, text);

    auto const seen = scraped(item);

    EXPECT_EQ(seen.value("voicehook_callback_ack_seconds_count"), 6);
    EXPECT_THAT(seen.exemplars, SizeIs(0));
}

TEST(OpenMetrics, EscapesHelpsAndLabelsAndNamesWhatIsNoNumber) {
    auto const text = families(prometheus::MetricType::Gauge, "a", "Says \"a\\b\"\nand c.", "x\"y\\z\nw");

    EXPECT_EQ(text, "# TYPE a gauge\n# HELP a Says \\\"a\\\\b\\\"\\nand c.\na{label=\"x\\\"y\\\\z\\nw\"} NaN\n# EOF\n");
    EXPECT_TRUE(read_openmetrics(text)) << read_openmetrics(text).error();
}

TEST(OpenMetrics, WritesBoundsAsEveryExposerDoes) {
    auto const infinite = std::numeric_limits<double>::infinity();
    std::string all;
    for (auto const bound : {0.0, 0.0005, 0.001, 0.25, 1.0, 2.5, 10.0, 100000.0, 1e6, 1e-5, infinite, -infinite})
        all += bound_text(bound) + " ";

    EXPECT_EQ(all, "0.0 0.0005 0.001 0.25 1.0 2.5 10.0 100000.0 1e+06 1e-05 +Inf -Inf ");
}

TEST(OpenMetricsReader, RefusesWhatAScraperRefuses) {
    auto const gauge = std::string{"# TYPE a gauge\n# HELP a A.\n"};
    auto const counter = std::string{"# TYPE a counter\n# HELP a A.\n"};
    auto const histogram = std::string{"# TYPE h histogram\n# HELP h H.\n"};
    auto const broken = std::vector<std::string>{
        gauge + "a 1\n",
        gauge + "a 1\n# EOF",
        gauge + "a 1\n\n# EOF\n",
        gauge + "a 1\n# EOF\n# EOF\n",
        gauge + "a 1\na 1\n# EOF\n",
        gauge + "a_total 1\n# EOF\n",
        gauge + "a one\n# EOF\n",
        gauge + "a nan\n# EOF\n",
        gauge + "a{b=1} 1\n# EOF\n",
        gauge + "a{} 1\n# EOF\n",
        gauge + "a{b=\"1\",} 1\n# EOF\n",
        gauge + "a{b=\"1\",b=\"2\"} 1\n# EOF\n",
        gauge + "a 1 # {trace_id=\"x\"} 1\n# EOF\n",
        gauge + "a 1\n# TYPE b gauge\n# HELP b B.\n# HELP a A.\n# EOF\n",
        gauge + "# UNIT a seconds\n# EOF\n",
        gauge + gauge + "# EOF\n",
        "# TYPE a gauge\na 1\n# EOF\n",
        "# TYPE a sum\n# HELP a A.\n# EOF\n",
        "a 1\n# EOF\n",
        counter + "a 1\n# EOF\n",
        counter + "a_total -1\n# EOF\n",
        "# TYPE a info\n# HELP a A.\na_info 2\n# EOF\n",
        histogram + "h 1\n# EOF\n",
        histogram + "h_bucket{le=\"1.0\"} 1\n# EOF\n",
        histogram + "h_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 1\n# EOF\n",
        histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 2\n# EOF\n",
        histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 1 # {} 1\n# EOF\n",
        histogram + "h_bucket{le=\"1.0\"} 1 # {trace_id=\"x\"} 2\nh_bucket{le=\"+Inf\"} 1\n# EOF\n",
        histogram + "h_bucket{le=\"+Inf\"} 1 # {t=\"" + std::string(128, 'x') + "\"} 2\n# EOF\n",
    };

    for (auto const& text : broken) EXPECT_FALSE(read_openmetrics(text)) << text;
}

TEST(OpenMetricsReader, ReadsWhatTheFormatAllows) {
    auto const read = read_openmetrics(
        "# TYPE h_seconds histogram\n# UNIT h_seconds seconds\n# HELP h_seconds H.\n"
        "h_seconds_bucket{a=\"}\",le=\"1.0\"} 1 # {trace_id=\"x\"} 0.5 12.345\n"
        "h_seconds_bucket{a=\"}\",le=\"+Inf\"} 1\nh_seconds_count{a=\"}\"} 1\nh_seconds_sum{a=\"}\"} 0.5\n# EOF\n");

    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->value("h_seconds_sum{a=\"}\"}"), 0.5);
    EXPECT_EQ(read->exemplars.at("h_seconds_bucket{a=\"}\",le=\"1.0\"}").at, 12.345);
    EXPECT_THAT(read->families.at("h_seconds").help, StartsWith("H"));
}

}  // namespace
}  // namespace voicehook::telemetry
