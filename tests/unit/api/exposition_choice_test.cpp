#include "api/exposition_choice.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace voicehook::api {
namespace {

using telemetry::exposition_format;

exposition_format chosen(std::vector<std::string> const& accepts) {
    http::request item;
    for (auto const& accept : accepts) item.headers.emplace_back("aCCept", accept);
    return preferred_exposition(item);
}

TEST(ExpositionChoice, GivesOpenMetricsToWhoPrefersIt) {
    for (auto const* const accept : {
             "application/openmetrics-text",
             "application/openmetrics-text; version=1.0.0; charset=utf-8",
             "Application/OpenMetrics-Text;Version=\"1.0.0\"",
             "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
             "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
             "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.5",
             "application/openmetrics-text, */*",
             "text/plain;q=0.3, application/openmetrics-text;q=0.31",
             "text/plain;q=0, application/*;q=0.001",
             "a/b;x=\"1,2\", application/openmetrics-text",
         })
        EXPECT_EQ(chosen({accept}), exposition_format::openmetrics) << accept;
    EXPECT_EQ(chosen({"text/plain;q=0.5", "application/openmetrics-text"}), exposition_format::openmetrics);
}

TEST(ExpositionChoice, GivesThePrometheusTextToEverybodyElse) {
    for (auto const* const accept : {
             "",
             "*/*",
             ",",
             ";q=1",
             "text/plain",
             "text/html",
             "application/json",
             "text/plain, application/openmetrics-text",
             "text/*, application/openmetrics-text;q=0.9",
             "application/openmetrics-text;q=0",
             "application/openmetrics-text;q=0, */*",
             "application/openmetrics-text;q=nan",
             "application/openmetrics-text;q=2",
             "application/openmetrics-text;q=",
             "application/openmetrics-text;version=0.0.1",
             "application/openmetrics-text;version=2.0.0,text/plain;q=0.1",
         })
        EXPECT_EQ(chosen({accept}), exposition_format::prometheus) << accept;
    EXPECT_EQ(chosen({}), exposition_format::prometheus);
}

TEST(ExpositionChoice, NamesEachTextWithItsVersion) {
    EXPECT_EQ(content_type_of(exposition_format::openmetrics),
              "application/openmetrics-text; version=1.0.0; charset=utf-8");
    EXPECT_EQ(content_type_of(exposition_format::prometheus), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace
}  // namespace voicehook::api
