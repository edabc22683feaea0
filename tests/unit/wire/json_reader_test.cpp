#include "wire/json_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace voicehook::wire {
namespace {

TEST(JsonReader, HandsOutFieldsOfTheRightType) {
    auto in = json_reader{R"({"name":"ann","age":42.0,"note":"\u00e4"})"};

    EXPECT_EQ(in.required_text("name"), "ann");
    EXPECT_EQ(in.optional_integer("age"), 42);
    EXPECT_EQ(in.optional_text("note"), "\xc3\xa4");
    EXPECT_EQ(in.optional_text("absent"), std::nullopt);
    EXPECT_EQ(in.optional_integer("absent"), std::nullopt);
    EXPECT_FALSE(in.failed());
}

TEST(JsonReader, CollectsAComplaintForEachFieldThatIsMissingOrOfTheWrongType) {
    auto in = json_reader{R"({"a":1,"b":"x","c":null,"d":1.5,"e":"\ud800"})"};

    EXPECT_EQ(in.required_text("missing"), "");
    EXPECT_EQ(in.required_text("a"), "");
    EXPECT_EQ(in.optional_integer("b"), std::nullopt);
    EXPECT_EQ(in.optional_text("c"), std::nullopt);
    EXPECT_EQ(in.optional_integer("d"), std::nullopt);
    EXPECT_EQ(in.optional_text("e"), std::nullopt);

    auto fields = std::string{};
    for (auto const& item : in.complaints()) fields += item.field + " ";
    EXPECT_EQ(fields, "missing a b c d e ");
    EXPECT_EQ(in.complaints().front().message, "is required");
}

TEST(JsonReader, ComplainsOnceOfATopLevelNameGivenSeveralTimesInAnySpelling) {
    auto const in = json_reader{R"({"a":1,"\u0061":2,"a":3,"b":{"x":1,"x":2}})"};

    EXPECT_EQ(in.complaints(), (core::complaints{{"a", "is given more than once"}}));
}

TEST(JsonReader, ComplainsOnlyOfTheWholeWhenThereIsNoObject) {
    for (auto const text : {"", "[]", "nope", "{\"a\":1", "{\"a\":1}{}", "\"a\""}) {
        auto in = json_reader{text};
        in.required_text("a");

        EXPECT_FALSE(in.is_object()) << text;
        ASSERT_EQ(in.complaints().size(), 1U) << text;
        EXPECT_EQ(in.complaints().front().field, "") << text;
    }
}

TEST(JsonReader, OutlivesItsTextAndCanBeMoved) {
    auto text = std::string{R"({"name":"a text that is too long to be kept inside of the string object itself"})"};
    auto first = json_reader{text};
    text.assign(text.size(), '?');

    auto second = std::move(first);

    EXPECT_EQ(second.required_text("name"), "a text that is too long to be kept inside of the string object itself");
}

}  // namespace
}  // namespace voicehook::wire
