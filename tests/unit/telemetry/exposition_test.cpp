// The checker of the text format must be able to fail.
#include "exposition.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace voicehook::telemetry::testing {
namespace {

TEST(Exposition, ReadsFamiliesLabelsAndNumbers) {
    auto const read = read_exposition(
        "# HELP a Says a.\n# TYPE a counter\na{z=\"1\",b=\"x\\\"y\"} 1e3\na 2\n"
        "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 0.5\nh_count 1\n");

    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->value("a{b=\"x\\\"y\",z=\"1\"}"), 1000);
    EXPECT_EQ(read->value("a"), 2);
    EXPECT_EQ(read->value("h_bucket{le=\"+Inf\"}"), 1);
    EXPECT_EQ(read->helps.at("a"), "Says a.");
}

TEST(Exposition, RefusesWhatAScraperRefuses) {
    auto const broken = std::vector<std::string>{
        "a 1\n",                                     // no TYPE
        "# TYPE a counter\na 1",                     // no line end
        "# TYPE a counter\na 1\na 2\n",              // twice
        "# TYPE a counter\n# TYPE a counter\n",      // announced twice
        "# TYPE a sum\n",                            // unknown type
        "# TYPE a counter\na{b=1} 1\n",              // no quotes
        "# TYPE a counter\na{b=\"1\",b=\"2\"} 1\n",  // one label twice
        "# TYPE a counter\na{b=\"x\"y\"} 1\n",       // bare quote
        "# TYPE a counter\na one\n",                 // no number
        "# TYPE h histogram\nh 1\n",                 // a histogram has no plain sample
        "# HELP a\n",                                // empty help
        "\n",                                        // empty line
    };

    for (auto const& text : broken) EXPECT_FALSE(read_exposition(text)) << text;
}

}  // namespace
}  // namespace voicehook::telemetry::testing
