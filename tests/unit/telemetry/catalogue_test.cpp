// The catalogue: nothing without a name, a help and bounded labels.
#include "telemetry/catalogue.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <regex>
#include <set>

namespace voicehook::telemetry {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

std::vector<family_description> all_families() {
    std::vector<family_description> out;
    for (auto const what : all_counters()) out.push_back(describe(what));
    for (auto const what : all_gauges()) out.push_back(describe(what));
    for (auto const what : all_histograms()) out.push_back(describe(what));
    return out;
}

TEST(Catalogue, HasEveryMemberOfItsEnums) {
    EXPECT_EQ(all_counters().size(), static_cast<std::size_t>(counter::sink_connection_errors) + 1);
    EXPECT_EQ(all_gauges().size(), static_cast<std::size_t>(gauge::sink_broker_rtt_seconds) + 1);
    EXPECT_EQ(all_histograms().size(), static_cast<std::size_t>(histogram::canary_seconds) + 1);
}

TEST(Catalogue, GivesEachFamilyItsOwnNameAndAHelpInASentence) {
    std::set<std::string_view> names;
    for (auto const& family : all_families()) {
        EXPECT_TRUE(names.insert(family.name).second) << family.name;
        EXPECT_TRUE(std::regex_match(std::string{family.name}, std::regex{"[a-z][a-z_]*[a-z]"})) << family.name;
        EXPECT_GT(family.help.size(), 10u) << family.name;
        EXPECT_TRUE(family.help.ends_with('.')) << family.name;
    }
}

TEST(Catalogue, HasNoIdsInLabels) {
    for (auto const& family : all_families())
        for (auto const label : family.labels)
            for (auto const* const id : {"task", "id", "caller", "delivery", "path", "address", "url", "token"})
                EXPECT_NE(label_name(label), id) << family.name;
}

TEST(Catalogue, KnowsTheValuesOfEachLabelWithoutTheOneForOthers) {
    auto const names = metric_labels{.sinks = {"results"}, .reject_reasons = {"method", "host"}};

    for (auto const& family : all_families())
        for (auto const label : family.labels) {
            auto const values = known_values(label, names);
            EXPECT_FALSE(values.empty()) << family.name;
            EXPECT_THAT(values, Not(Contains(other_label))) << family.name;
            EXPECT_EQ(std::set(values.begin(), values.end()).size(), values.size()) << family.name;
        }
    EXPECT_THAT(known_values(dimension::sink, names), ElementsAre("results", "callback_url"));
    EXPECT_THAT(known_values(dimension::reason, names), ElementsAre("method", "host"));
    EXPECT_THAT(known_values(dimension::open_stage, names),
                ElementsAre("queued", "submitting", "unknown", "in_flight"));
}

TEST(Catalogue, HasBucketsThatGrowForHistogramsOnly) {
    for (auto const what : all_histograms()) {
        auto const& family = describe(what);
        EXPECT_GE(family.buckets.size(), 8u) << family.name;
        EXPECT_EQ(std::ranges::adjacent_find(family.buckets, std::greater_equal<>{}), family.buckets.end())
            << family.name;
    }
    for (auto const what : all_counters()) EXPECT_TRUE(describe(what).buckets.empty());
    for (auto const what : all_gauges()) EXPECT_TRUE(describe(what).buckets.empty());
}

}  // namespace
}  // namespace voicehook::telemetry
