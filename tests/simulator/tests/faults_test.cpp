#include "tests/simulator/faults.hpp"

#include "tests/simulator/options.hpp"

#include <gmock/gmock.h>
#include <boost/json/parse.hpp>

#include <set>
#include <string>
#include <vector>

namespace simulator {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using testing::HasSubstr;

json::object object(std::string_view text) { return json::parse(text).get_object(); }

std::vector<int> strikes(std::uint64_t seed, int requests) {
    auto book = fault_book{dice{seed}};
    EXPECT_TRUE(book.set("submit_error", R"({"kind":"unavailable","probability":0.3})"));
    auto struck = std::vector<int>{};
    for (auto number = 1; number <= requests; ++number) {
        if (book.take<submit_error>(static_cast<std::uint64_t>(number))) struck.push_back(number);
    }
    return struck;
}

TEST(SimulatorFaults, NothingStrikesByItself) {
    auto book = fault_book{dice{1}};

    EXPECT_EQ(book.take<submit_error>(1), std::nullopt);
    EXPECT_EQ(book.take(delay::work, 1), std::nullopt);
    EXPECT_EQ(book.as_json(), "{}");
}

TEST(SimulatorFaults, AKindStrikesUntilItIsSwitchedOff) {
    auto book = fault_book{dice{1}};
    ASSERT_TRUE(book.set("callback", "twice"));

    EXPECT_EQ(book.take<callback_manner>(1), callback_manner::twice);
    EXPECT_EQ(book.take<callback_manner>(2), callback_manner::twice);
    ASSERT_TRUE(book.merge(object(R"({"callback":null})")));
    EXPECT_EQ(book.take<callback_manner>(3), std::nullopt);
}

TEST(SimulatorFaults, ACountedKindStrikesThatOftenAndIsGone) {
    auto book = fault_book{dice{1}};
    ASSERT_TRUE(book.set("query", R"({"kind":"stall","times":2})"));

    EXPECT_EQ(book.take<query_error>(1), query_error::stall);
    EXPECT_EQ(book.as_json(), R"({"query":{"kind":"stall","times":1}})");
    EXPECT_EQ(book.take<query_error>(2), query_error::stall);
    EXPECT_EQ(book.take<query_error>(3), std::nullopt);
    EXPECT_EQ(book.as_json(), "{}");
}

TEST(SimulatorFaults, AProbableKindFollowsTheSeedAndNothingElse) {
    auto const first = strikes(5, 2000);

    EXPECT_EQ(first, strikes(5, 2000));
    EXPECT_NE(first, strikes(6, 2000));
    EXPECT_NEAR(static_cast<double>(first.size()), 600, 80);
}

TEST(SimulatorFaults, DelaysAreMillisecondsAsTextOrNumber) {
    auto book = fault_book{dice{1}};
    ASSERT_TRUE(
        book.merge(object(R"({"work_ms":250,"submit_delay_ms":"7","callback_delay_ms":{"kind":9,"times":1}})")));

    EXPECT_EQ(book.take(delay::work, 1), 250ms);
    EXPECT_EQ(book.take(delay::submit, 1), 7ms);
    EXPECT_EQ(book.take(delay::callback, 1), 9ms);
    EXPECT_EQ(book.take(delay::callback, 2), std::nullopt);
}

TEST(SimulatorFaults, EveryKindIsTakenByItsText) {
    auto const check = []<class Kind>(Kind) {
        for (auto const text : kind_table<Kind>::texts) {
            auto book = fault_book{dice{1}};
            ASSERT_TRUE(book.set(kind_table<Kind>::fault, text)) << text;
            auto const struck = book.take<Kind>(1);
            ASSERT_TRUE(struck) << text;
            EXPECT_EQ(text_of(*struck), text);
        }
    };

    check(submit_error{});
    check(submit_response{});
    check(idempotency{});
    check(callback_manner{});
    check(outcome{});
    check(body_shape{});
    check(query_error{});
    check(hostile{});
}

TEST(SimulatorFaults, AnErrorNamesTheFaultAndChangesNothing) {
    struct row {
        std::string_view changes;
        std::string_view part;
    };
    auto const rows = std::vector<row>{
        {R"({"outcome":"failed","querry":"stall"})", "unknown fault \"querry\""},
        {R"({"query":"stal"})", "fault query: expected one of rate_limited"},
        {R"({"query":7})", "fault query: the kind has the wrong type"},
        {R"({"work_ms":"soon"})", "fault work_ms: expected milliseconds"},
        {R"({"work_ms":-1})", "fault work_ms: expected milliseconds"},
        {R"({"query":{"kind":"stall","times":0}})", "fault query: times"},
        {R"({"query":{"kind":"stall","probability":1.5}})", "fault query: probability"},
        {R"({"query":{"kind":"stall","often":1}})", "unknown member \"often\""},
        {R"({"query":{"times":1}})", "kind is missing"},
    };

    for (auto const& [changes, part] : rows) {
        auto book = fault_book{dice{1}};
        auto const merged = book.merge(object(changes));
        ASSERT_FALSE(merged) << changes;
        EXPECT_THAT(merged.error(), HasSubstr(std::string{part}));
        EXPECT_EQ(book.as_json(), "{}") << changes;
    }
}

TEST(SimulatorDice, UniqueNumbersNeverMeet) {
    auto const chances = dice{42};
    auto seen = std::set<std::uint32_t>{};
    for (std::uint64_t number = 0; number < 100'000; ++number) seen.insert(chances.unique(number));

    EXPECT_EQ(seen.size(), 100'000U);
}

TEST(SimulatorOptions, DurationsHaveUnits) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("1.5s"), 1500ms);
    EXPECT_EQ(parse_duration("2m"), 2min);
    EXPECT_EQ(parse_duration("0s"), 0ms);
    for (auto const* text : {"", "5", "s", "-1s", "1 s", "1d", "nans", "1e99h"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(SimulatorOptions, TheCommandLineOfTheTestsIsUnderstood) {
    char const* const words[] = {"evolink-sim",
                                 "--listen",
                                 "127.0.0.1:1",
                                 "--control",
                                 "127.0.0.1:2",
                                 "--certificate",
                                 "/dev/null",
                                 "--key",
                                 "/dev/null",
                                 "--callback-ca",
                                 "/dev/null",
                                 "--seed",
                                 "9",
                                 "--api-key",
                                 "sk-evo-x",
                                 "--work",
                                 "1s",
                                 "--fault",
                                 "callback=never",
                                 "--fault",
                                 "body={\"kind\":\"minimal\",\"times\":2}",
                                 "--callback-retry",
                                 "50ms,100ms,200ms",
                                 "--allow-loopback",
                                 "--quiet"};

    auto const chosen = read_options(static_cast<int>(std::size(words)), words);

    ASSERT_TRUE(chosen) << chosen.error().text;
    EXPECT_EQ(chosen->seed, 9U);
    EXPECT_EQ(chosen->work, 1s);
    EXPECT_EQ(chosen->addresses, address_policy::loopback_too);
    EXPECT_EQ(chosen->log, verbosity::quiet);
    EXPECT_THAT(chosen->callback_retry, testing::ElementsAre(50ms, 100ms, 200ms));
    EXPECT_THAT(chosen->faults, testing::ElementsAre("callback=never", R"(body={"kind":"minimal","times":2})"));
}

TEST(SimulatorOptions, HelpIsNoErrorAndAMissingCertificateIs) {
    char const* const help[] = {"evolink-sim", "--help"};
    char const* const none[] = {"evolink-sim"};

    EXPECT_EQ(read_options(2, help).error().exit_code, 0);
    EXPECT_EQ(read_options(1, none).error().exit_code, 2);
    EXPECT_THAT(read_options(1, none).error().text, HasSubstr("--certificate"));
}

}  // namespace
}  // namespace simulator
