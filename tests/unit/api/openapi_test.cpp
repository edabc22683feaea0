#include "api/openapi.hpp"
#include "core/delivery.hpp"
#include "flows/activity.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <set>
#include <string>
#include <string_view>

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

/// The texts of an enumeration in the document.
std::set<std::string> listed(boost::json::value const& document, std::string_view pointer) {
    auto texts = std::set<std::string>{};
    for (auto const& item : document.at_pointer(pointer).as_array()) texts.emplace(item.as_string());
    return texts;
}

template <named E>
std::set<std::string> known() {
    auto texts = std::set<std::string>{};
    for (auto const& [value, text] : names_of<E>) texts.emplace(text);
    return texts;
}

TEST(OpenApi, ListsEveryCauseAndHappening) {
    auto const document = boost::json::parse(openapi_document());

    EXPECT_EQ(listed(document, "/components/schemas/Cause/enum"), known<core::delivery_cause>());
    EXPECT_EQ(listed(document, "/components/schemas/Activity/properties/kind/enum"), known<flows::happening>());
}

}  // namespace
}  // namespace voicehook::api
