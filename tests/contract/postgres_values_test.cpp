#include "store/postgres/database_error.hpp"
#include "store/postgres/kept_text.hpp"
#include "store/postgres/parameters.hpp"
#include "store/postgres/postgres_rows.hpp"

#include "postgres_database.hpp"
#include "samples.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace voicehook::contract {
namespace {

using namespace store::postgres;
using store::sql::blob;

std::string every_byte() {
    auto bytes = std::string{};
    for (auto byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
    return bytes;
}

/// What comes out of the database for each of an array's elements, NULL as "NULL".
std::vector<std::string> through_the_database(array values, std::string_view type) {
    auto database = somebody();
    auto sent = parameters{};
    sent.add(std::move(values));
    auto found = database.run({fmt::format("SELECT value FROM unnest($1::{}[]) WITH ORDINALITY AS each (value, place) "
                                           "ORDER BY place",
                                           type),
                               std::move(sent)});
    auto came = std::vector<std::string>{};
    while (found.next()) {
        if (found.is_null())
            came.emplace_back("NULL");
        else if (type == "bigint")
            came.push_back(std::to_string(found.integer()));
        else
            came.push_back(type == "bytea" ? found.bytes() : found.text());
    }
    return came;
}

// ---- kept_text ------------------------------------------------------------------------------------------------------

TEST(KeptText, GivesAllBytesBackAndHoldsNeitherNulNorIllFormedUtf8) {
    auto dice = std::mt19937_64{7};
    auto samples = std::vector<std::string>{every_byte(), std::string(1, '\0'), "\x01", std::string{"\x01"} + "41",
                                            "a\xc3",      "\xed\xa0\x80"};
    for (auto n = 0; n < 500; ++n) {
        auto& sample = samples.emplace_back();
        for (auto left = dice() % 12; left > 0; --left) sample += static_cast<char>(dice() % (n % 2 == 0 ? 256 : 4));
    }

    for (auto const& sample : samples) {
        auto const kept = to_kept_text(sample);
        EXPECT_EQ(from_kept_text(kept), sample);
        EXPECT_EQ(kept.find('\0'), std::string::npos);
        EXPECT_TRUE(kept == sample || !stands_as_it_is(sample)) << ::testing::PrintToString(sample);
    }
}

TEST(KeptText, LeavesPlainTextAsItIs) {
    for (auto const* const plain : {"", "task-unified-1", "tab\tand\nline", "Grüße 你好 🎙", "\x02\x1f\x7f"}) {
        EXPECT_TRUE(stands_as_it_is(plain));
        EXPECT_EQ(to_kept_text(plain), plain);
        EXPECT_EQ(from_kept_text(plain), plain);
    }
}

TEST(KeptText, DiffersForBytesThatDiffer) {
    auto kept = std::set<std::string>{};
    auto count = std::size_t{0};
    for (auto const first : {'\0', '\x01', '0', '\xff', '\xc3', '\xa9'})
        for (auto const second : {'\0', '\x01', '0', '\xff', '\xc3', '\xa9'})
            for (auto const third : {'\0', '\x01', '0', '\xff', '\xc3', '\xa9'}) {
                kept.insert(to_kept_text(std::string{first, second, third}));
                ++count;
            }

    EXPECT_EQ(kept.size(), count);
}

TEST(KeptText, CutsNothingOffATextThatEndsInTheMiddleOfAnEscape) {
    EXPECT_NO_THROW(static_cast<void>(from_kept_text("\x01")));
    EXPECT_NO_THROW(
        static_cast<void>(from_kept_text("a\x01"
                                         "4")));
}

// ---- parameters -----------------------------------------------------------------------------------------------------

TEST(PostgresParameters, AnArrayComesThroughWithItsNulls) {
    auto texts = array{sql_type::text};
    texts.add(std::string{"one"});
    texts.add(std::optional<std::string>{});
    texts.add(every_byte());
    texts.add(std::string{});
    auto numbers = array{sql_type::number};
    numbers.add(std::numeric_limits<std::int64_t>::min());
    numbers.add(std::optional<std::int64_t>{});
    numbers.add(-1);
    auto bodies = array{sql_type::bytes};
    auto const bytes = every_byte();
    bodies.add(blob{bytes});
    bodies.add(std::optional<blob>{});

    EXPECT_EQ(through_the_database(std::move(texts), "text"), (std::vector<std::string>{"one", "NULL", bytes, ""}));
    EXPECT_EQ(through_the_database(std::move(numbers), "bigint"),
              (std::vector<std::string>{"-9223372036854775808", "NULL", "-1"}));
    EXPECT_EQ(through_the_database(std::move(bodies), "bytea"), (std::vector<std::string>{bytes, "NULL"}));
}

TEST(PostgresParameters, AnEmptyArrayHasNoElements) {
    EXPECT_TRUE(through_the_database(array{sql_type::text}, "text").empty());
    EXPECT_TRUE(through_the_database(array{sql_type::number}, "bigint").empty());
    EXPECT_TRUE(through_the_database(array{sql_type::bytes}, "bytea").empty());
}

TEST(PostgresParameters, AScalarIsNullOnlyWhenThereIsNone) {
    auto database = somebody();

    auto found = database.run(
        {"SELECT $1 IS NULL, $2 IS NULL, $3 IS NULL, $4 = repeat(chr(255), 4)",
         parameters::of(std::optional<std::string>{}, std::string{}, std::optional<instant>{}, std::string{"ÿÿÿÿ"})});

    ASSERT_TRUE(found.next());
    EXPECT_EQ(found.bytes(), std::string(1, '\1'));
    EXPECT_EQ(found.bytes(), std::string(1, '\0'));
    EXPECT_EQ(found.bytes(), std::string(1, '\1'));
    EXPECT_EQ(found.bytes(), std::string(1, '\1'));
}

TEST(PostgresParameters, FourBytesThatLookLikeTheLengthOfNullAreAValue) {
    auto const bytes = std::string(4, '\xff');
    auto database = somebody();

    auto found = database.run({"SELECT $1", parameters::of(blob{bytes})});

    ASSERT_TRUE(found.next());
    ASSERT_FALSE(found.is_null());
    EXPECT_EQ(found.bytes(), bytes);
}

// ---- where a queue begins -------------------------------------------------------------------------------------------

TEST(QueueFront, IsTheBeginningOfTimeUntilTheWholeQueueWasLookedAt) {
    auto front = queue_front{};

    EXPECT_EQ(front.at(noon), instant{});

    front.note(noon - 1h, noon, noon);  // only a part of it
    EXPECT_EQ(front.at(noon), instant{});
}

TEST(QueueFront, StaysBehindTheFirstThatWaitsAndBehindTheClocksOfOthers) {
    auto backlog = queue_front{};
    backlog.note(instant{}, noon - 1h, noon);
    auto nothing_due = queue_front{};
    nothing_due.note(instant{}, noon + 1h, noon);
    auto empty = queue_front{};
    empty.note(instant{}, std::nullopt, noon);

    EXPECT_EQ(backlog.at(noon), noon - 1h - 10s);
    EXPECT_EQ(nothing_due.at(noon), noon - 10s);
    EXPECT_EQ(empty.at(noon), noon - 10s);
}

TEST(QueueFront, ReachesBackToWhatThisReplicaMakesDue) {
    auto front = queue_front{};
    front.note(instant{}, std::nullopt, noon);

    front.reach_back_to(noon - 1h);
    front.reach_back_to(noon + 1h);

    EXPECT_EQ(front.at(noon), noon - 1h);
}

TEST(QueueFront, IsTheBeginningOfTimeEveryFewSecondsAndWhenTheClockWentBack) {
    auto front = queue_front{};
    front.note(instant{}, noon, noon);

    EXPECT_EQ(front.at(noon + 4999ms), noon - 10s);
    EXPECT_EQ(front.at(noon + 5s), instant{});
    EXPECT_EQ(front.at(noon - 1ms), instant{});
}

// ---- errors ---------------------------------------------------------------------------------------------------------

struct state_row {
    std::string state;
    trouble kind;
};
class TroubleOf : public ::testing::TestWithParam<state_row> {};
INSTANTIATE_TEST_SUITE_P(States, TroubleOf,
                         ::testing::Values(state_row{"08006", trouble::lost}, state_row{"57P01", trouble::lost},
                                           state_row{"57P02", trouble::lost}, state_row{"57P03", trouble::lost},
                                           state_row{"25P03", trouble::lost}, state_row{"25006", trouble::lost},
                                           state_row{"53300", trouble::lost}, state_row{"40001", trouble::collision},
                                           state_row{"40P01", trouble::collision},
                                           state_row{"23505", trouble::collision}, state_row{"55P03", trouble::locked},
                                           state_row{"53100", trouble::full}, state_row{"28P01", trouble::refused},
                                           state_row{"28000", trouble::refused}, state_row{"3D000", trouble::refused},
                                           state_row{"42501", trouble::refused}, state_row{"42601", trouble::other},
                                           state_row{"57014", trouble::other}, state_row{"23502", trouble::other},
                                           state_row{"", trouble::other}),
                         [](auto const& row) { return "State" + row.param.state; });

TEST_P(TroubleOf, SaysWhatCanBeDone) { EXPECT_EQ(trouble_of(GetParam().state), GetParam().kind); }

}  // namespace
}  // namespace voicehook::contract
