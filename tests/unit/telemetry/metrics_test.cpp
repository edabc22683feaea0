// What a scraper sees: every family from the start, at 0, and nothing unbounded.
#include "telemetry/metrics.hpp"

#include "exposition.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

namespace voicehook::telemetry {
namespace {

using testing::exposition;
using testing::read_exposition;
using ::testing::UnorderedElementsAre;

metric_labels some_labels() { return {.sinks = {"results", "archive"}, .reject_reasons = {"method", "not_found"}}; }

exposition scraped(metrics const& item) {
    auto const read = read_exposition(item.render());
    EXPECT_TRUE(read) << read.error();
    return read.value_or(exposition{});
}

TEST(Metrics, EveryFamilyOfTheContractIsThereFromTheStartAtZero) {
    auto const seen = scraped(metrics{some_labels(), "1.2.3"});

    for (auto const* const series : {
             "voicehook_callbacks_total{result=\"accepted\"}",
             "voicehook_callbacks_total{result=\"orphan\"}",
             "voicehook_callbacks_total{result=\"bad_token\"}",
             "voicehook_callback_ack_seconds_count",
             "voicehook_submissions_total{verdict=\"accepted\"}",
             "voicehook_submissions_total{verdict=\"unknown\"}",
             "voicehook_submissions_total{verdict=\"expired\"}",
             "voicehook_provider_requests_total{operation=\"submit\",status=\"2xx\"}",
             "voicehook_provider_requests_total{operation=\"query\",status=\"none\"}",
             "voicehook_tasks{stage=\"queued\"}",
             "voicehook_tasks{stage=\"ended\"}",
             "voicehook_oldest_task_seconds{stage=\"in_flight\"}",
             "voicehook_results_total{source=\"callback\"}",
             "voicehook_results_total{source=\"query\"}",
             "voicehook_deliveries_total{result=\"delivered\",sink=\"results\"}",
             "voicehook_deliveries_total{result=\"parked\",sink=\"callback_url\"}",
             "voicehook_delivery_lag_seconds_count{sink=\"archive\"}",
             "voicehook_deliveries_pending{sink=\"results\"}",
             "voicehook_oldest_delivery_seconds{sink=\"results\"}",
             "voicehook_deliveries_parked{cause=\"sink_removed\",sink=\"archive\"}",
             "voicehook_http_rejected_total{listener=\"public\",reason=\"not_found\"}",
             "voicehook_store_commit_seconds_count",
             "voicehook_store_commit_rows_count",
             "voicehook_conservation_violations_total",
             "voicehook_certificate_expiry_timestamp_seconds{listener=\"ops\"}",
             "voicehook_sink_certificate_expiry_timestamp_seconds{sink=\"archive\"}",
         })
        EXPECT_EQ(seen.value(series), 0) << series;
}

TEST(Metrics, EveryFamilyHasAHelpAndOurPrefix) {
    auto const seen = scraped(metrics{some_labels(), "1.2.3"});

    for (auto const& [name, type] : seen.types) {
        EXPECT_TRUE(name.starts_with("voicehook_")) << name;
        EXPECT_TRUE(seen.helps.contains(name)) << name;
        EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
    }
    EXPECT_GE(seen.types.size(), 30u);
}

TEST(Metrics, EverythingStartsAtZeroButWhatTellsOfTheProcess) {
    auto const seen = scraped(metrics{some_labels(), "1.2.3"});

    for (auto const& [series, value] : seen.samples) {
        auto const of_the_process =
            series.starts_with("voicehook_process_") || series.starts_with("voicehook_build_info");
        if (!of_the_process) EXPECT_EQ(value, 0) << series;
    }
}

TEST(Metrics, CountsUnderTheLabelsOfTheCatalogue) {
    metrics item{some_labels(), "1.2.3"};

    item.add(counter::callbacks, {"accepted"});
    item.add(counter::callbacks, {"accepted"});
    item.add(counter::provider_requests, {"submit", "429"}, 3);
    item.set(gauge::deliveries_parked, {"results", "timeout"}, 7);
    item.set(gauge::deliveries_parked, {"results", "timeout"}, 5);
    item.set(gauge::certificate_expiry_timestamp_seconds, {"public"}, 1795357013);
    item.add(counter::conservation_violations);

    auto const seen = scraped(item);
    EXPECT_EQ(seen.value("voicehook_callbacks_total{result=\"accepted\"}"), 2);
    EXPECT_EQ(seen.value("voicehook_provider_requests_total{operation=\"submit\",status=\"429\"}"), 3);
    EXPECT_EQ(seen.value("voicehook_deliveries_parked{cause=\"timeout\",sink=\"results\"}"), 5);
    EXPECT_EQ(seen.value("voicehook_certificate_expiry_timestamp_seconds{listener=\"public\"}"), 1795357013);
    EXPECT_EQ(seen.value("voicehook_conservation_violations_total"), 1);
}

TEST(Metrics, ObservationsFallIntoTheirBuckets) {
    metrics item{some_labels(), "1.2.3"};

    item.observe(histogram::store_commit_rows, {}, 1);
    item.observe(histogram::store_commit_rows, {}, 64);
    item.observe(histogram::store_commit_rows, {}, 1000);
    item.observe(histogram::delivery_lag_seconds, {"results"}, 0.02);

    auto const seen = scraped(item);
    EXPECT_EQ(seen.value("voicehook_store_commit_rows_bucket{le=\"1\"}"), 1);
    EXPECT_EQ(seen.value("voicehook_store_commit_rows_bucket{le=\"32\"}"), 1);
    EXPECT_EQ(seen.value("voicehook_store_commit_rows_bucket{le=\"64\"}"), 2);
    EXPECT_EQ(seen.value("voicehook_store_commit_rows_bucket{le=\"+Inf\"}"), 3);
    EXPECT_EQ(seen.value("voicehook_store_commit_rows_sum"), 1065);
    EXPECT_EQ(seen.value("voicehook_delivery_lag_seconds_bucket{le=\"0.01\",sink=\"results\"}"), 0);
    EXPECT_EQ(seen.value("voicehook_delivery_lag_seconds_bucket{le=\"0.05\",sink=\"results\"}"), 1);
}

TEST(Metrics, ACounterIsReadSeriesBySeriesWithItsLabels) {
    metrics item{{.sinks = {"results"}}, "1.2.3"};
    item.add(counter::deliveries, {"results", "parked"}, 3);

    auto const read = item.read(counter::deliveries);

    auto const is_parked = [](counted const& each) {
        return each.labels == std::vector<std::string>{"results", "parked"};
    };
    auto const parked = std::ranges::find_if(read, is_parked);
    ASSERT_NE(parked, read.end());
    EXPECT_EQ(parked->value, 3);
    EXPECT_EQ(std::ranges::count_if(read, [](counted const& each) { return each.value == 0; }),
              static_cast<std::ptrdiff_t>(read.size()) - 1);
}

TEST(Metrics, AHistogramIsReadBucketByBucketAllItsSeriesTogether) {
    metrics item{some_labels(), "1.2.3"};
    item.observe(histogram::delivery_lag_seconds, {"results"}, 0.02);
    item.observe(histogram::delivery_lag_seconds, {"archive"}, 0.03);
    item.observe(histogram::delivery_lag_seconds, {"archive"}, 1e9);

    auto const read = item.read(histogram::delivery_lag_seconds);

    ASSERT_EQ(read.counts.size(), read.bounds.size() + 1);
    EXPECT_EQ(read.bounds[1], 0.05);
    EXPECT_EQ(read.counts[1], 2u);
    EXPECT_EQ(read.counts.back(), 1u);
    EXPECT_EQ(std::accumulate(read.counts.begin(), read.counts.end(), 0ull), 3u);
}

TEST(Metrics, AValueThatNoTableKnowsCountsAsOtherAndMakesNoSeries) {
    metrics item{some_labels(), "1.2.3"};
    auto const before = scraped(item);

    for (int i = 0; i < 100; ++i) item.add(counter::http_rejected, {"public", "made up " + std::to_string(i)});
    item.add(counter::deliveries, {"task-0190aaaa", "delivered"});
    item.set(gauge::tasks, {"lost\n\"it"}, 4);

    auto const after = scraped(item);
    EXPECT_EQ(after.value("voicehook_http_rejected_total{listener=\"public\",reason=\"other\"}"), 100);
    EXPECT_EQ(after.value("voicehook_deliveries_total{result=\"delivered\",sink=\"other\"}"), 1);
    EXPECT_EQ(after.value("voicehook_tasks{stage=\"other\"}"), 4);
    EXPECT_EQ(after.samples.size(), before.samples.size());
}

TEST(Metrics, TheWrongNumberOfLabelsCountsNowhere) {
    metrics item{some_labels(), "1.2.3"};

    item.add(counter::callbacks, {});
    item.add(counter::conservation_violations, {"x"});

    auto const seen = scraped(item);
    EXPECT_EQ(seen.value("voicehook_callbacks_total{result=\"other\"}"), 0);
    EXPECT_EQ(seen.value("voicehook_conservation_violations_total"), 0);
}

TEST(Metrics, NewSinksGetTheirSeriesAndRemovedOnesKeepTheirs) {
    metrics item{{.sinks = {"old"}}, "1.2.3"};
    item.add(counter::deliveries, {"old", "delivered"});

    item.add_sinks({"new"});
    item.add(counter::deliveries, {"new", "delivered"});
    item.add(counter::deliveries, {"old", "delivered"});

    auto const seen = scraped(item);
    EXPECT_EQ(seen.value("voicehook_deliveries_total{result=\"delivered\",sink=\"new\"}"), 1);
    EXPECT_EQ(seen.value("voicehook_deliveries_total{result=\"delivered\",sink=\"old\"}"), 2);
    EXPECT_EQ(seen.value("voicehook_deliveries_parked{cause=\"gone\",sink=\"new\"}"), 0);
    EXPECT_THAT(seen.values_of("voicehook_deliveries_pending", "sink"),
                UnorderedElementsAre("new", "old", "callback_url", "other"));
}

TEST(Metrics, TellWhatWasBuiltAndHowTheProcessIs) {
    auto const began = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    metrics item{some_labels(), "1.2.3"};
    auto const before = scraped(item);
    auto const descriptor = dup(0);

    auto const after = scraped(item);
    close(descriptor);

    EXPECT_THAT(after.values_of("voicehook_build_info", "version"), UnorderedElementsAre("1.2.3"));
    EXPECT_GE(after.value("voicehook_process_start_time_seconds"), began - 1);
    EXPECT_GT(after.value("voicehook_process_resident_memory_bytes"), 1024 * 1024);
    EXPECT_EQ(after.value("voicehook_process_open_fds"), before.value("voicehook_process_open_fds") + 1);
}

TEST(Metrics, AreSafeFromSeveralThreads) {
    constexpr int rounds = 2000;
    metrics item{some_labels(), "1.2.3"};

    {
        auto const count = [&item] {
            for (int i = 0; i < rounds; ++i) item.add(counter::callbacks, {"accepted"});
        };
        std::jthread first{count};
        std::jthread second{count};
        for (int i = 0; i < 20; ++i) item.add_sinks({"sink-" + std::to_string(i)});
        EXPECT_TRUE(read_exposition(item.render()));
    }

    EXPECT_EQ(scraped(item).value("voicehook_callbacks_total{result=\"accepted\"}"), 2 * rounds);
}

}  // namespace
}  // namespace voicehook::telemetry
