#include "api/openapi.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace voicehook::api {
namespace {

TEST(OpenApi, TheDocumentIsJsonOfVersion31AndEveryReferenceLeadsSomewhere) {
    auto const document = boost::json::parse(openapi_document());
    ASSERT_EQ(document.at("openapi").as_string(), "3.1.0");

    auto const text = std::string{openapi_document()};
    auto count = 0;
    for (auto at = text.find("\"#/"); at != std::string::npos; at = text.find("\"#/", at + 1), ++count) {
        auto const pointer = text.substr(at + 2, text.find('"', at + 1) - at - 2);
        boost::system::error_code error;
        EXPECT_NE(document.find_pointer(pointer, error), nullptr) << pointer;
    }

    EXPECT_GT(count, 20);
}

}  // namespace
}  // namespace voicehook::api
