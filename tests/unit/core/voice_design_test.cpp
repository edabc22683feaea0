#include "core/voice_design.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string_view>
#include <vector>

namespace voicehook::core::voice_design {
namespace {

request a_request() {
    auto item = request{};
    item.model = "qwen-voice-design";
    item.voice_prompt = "A calm voice";
    item.preview_text = "Good evening.";
    item.preferred_name = "announcer";
    return item;
}

std::string repeated(std::string_view text, std::size_t times) {
    auto whole = std::string{};
    for (std::size_t count = 0; count < times; ++count) whole += text;
    return whole;
}

std::string url_of_size(std::size_t bytes) {
    auto url = std::string{"https://hooks.example.com/"};
    return url + std::string(bytes - url.size(), 'x');
}

/// A change to a good request, and the field that is complained of, or "".
struct row {
    std::string_view name;
    std::function<void(request&)> change;
    std::string_view field;
};

std::vector<row> the_rules() {
    return {
        // clang-format off
        {"nothing wrong", [](request&) {}, ""},
        {"model absent", [](request& r) { r.model.reset(); }, ""},
        {"model unknown", [](request& r) { r.model = "qwen-voice-clone"; }, "model"},
        {"model in capitals", [](request& r) { r.model = "QWEN-VOICE-DESIGN"; }, "model"},
        {"model empty", [](request& r) { r.model = ""; }, "model"},
        {"prompt empty", [](request& r) { r.voice_prompt = ""; }, "voice_prompt"},
        {"prompt of one character", [](request& r) { r.voice_prompt = "x"; }, ""},
        {"prompt of 2048", [](request& r) { r.voice_prompt = std::string(2048, 'x'); }, ""},
        {"prompt of 2049", [](request& r) { r.voice_prompt = std::string(2049, 'x'); }, "voice_prompt"},
        {"prompt of 2048 in Chinese", [](request& r) { r.voice_prompt = repeated("声", 2048); }, ""},
        {"prompt of 2049 in Chinese", [](request& r) { r.voice_prompt = repeated("声", 2049); }, "voice_prompt"},
        {"prompt of 2048 beyond the basic plane", [](request& r) { r.voice_prompt = repeated("😀", 2048); }, ""},
        {"prompt ill-formed", [](request& r) { r.voice_prompt = "a\xff"; }, "voice_prompt"},
        {"prompt in French", [](request& r) { r.voice_prompt = "Une voix calme"; }, ""},
        {"preview empty", [](request& r) { r.preview_text = ""; }, "preview_text"},
        {"preview of 1024", [](request& r) { r.preview_text = repeated("é", 1024); }, ""},
        {"preview of 1025", [](request& r) { r.preview_text = repeated("é", 1025); }, "preview_text"},
        {"preview ill-formed", [](request& r) { r.preview_text = "\xc0\xaf"; }, "preview_text"},
        {"name empty", [](request& r) { r.preferred_name = ""; }, "preferred_name"},
        {"name of 16", [](request& r) { r.preferred_name = "Abcdefgh_0123456"; }, ""},
        {"name of 17", [](request& r) { r.preferred_name = "Abcdefgh_01234567"; }, "preferred_name"},
        {"name with a hyphen", [](request& r) { r.preferred_name = "news-caster"; }, "preferred_name"},
        {"name with a space", [](request& r) { r.preferred_name = "news caster"; }, "preferred_name"},
        {"name with a line break", [](request& r) { r.preferred_name = "news\n"; }, "preferred_name"},
        {"name with an accent", [](request& r) { r.preferred_name = "café"; }, "preferred_name"},
        {"name of underscores", [](request& r) { r.preferred_name = "___"; }, ""},
        {"language unknown", [](request& r) { r.language = "xx"; }, "language"},
        {"language in capitals", [](request& r) { r.language = "ZH"; }, "language"},
        {"language empty", [](request& r) { r.language = ""; }, "language"},
        {"sample rate unknown", [](request& r) { r.sample_rate = 44100; }, "sample_rate"},
        {"sample rate zero", [](request& r) { r.sample_rate = 0; }, "sample_rate"},
        {"sample rate negative", [](request& r) { r.sample_rate = -8000; }, "sample_rate"},
        {"format unknown", [](request& r) { r.response_format = "ogg"; }, "response_format"},
        {"target model unknown", [](request& r) { r.target_model = "qwen3-tts"; }, "target_model"},
        {"callback absent", [](request& r) { r.callback_url.reset(); }, ""},
        {"callback plain", [](request& r) { r.callback_url = "https://hooks.example.com/voice?x=1"; }, ""},
        {"callback with a port", [](request& r) { r.callback_url = "https://hooks.example.com:8443"; }, ""},
        {"callback of 2048 bytes", [](request& r) { r.callback_url = url_of_size(2048); }, ""},
        {"callback of 2049 bytes", [](request& r) { r.callback_url = url_of_size(2049); }, "callback_url"},
        {"callback empty", [](request& r) { r.callback_url = ""; }, "callback_url"},
        {"callback over http", [](request& r) { r.callback_url = "http://hooks.example.com/"; }, "callback_url"},
        {"callback over ftp", [](request& r) { r.callback_url = "ftp://hooks.example.com/"; }, "callback_url"},
        {"callback without a scheme", [](request& r) { r.callback_url = "hooks.example.com"; }, "callback_url"},
        {"callback without a host", [](request& r) { r.callback_url = "https:///path"; }, "callback_url"},
        {"callback with a user", [](request& r) { r.callback_url = "https://ann@hooks.example.com/"; }, "callback_url"},
        {"callback with a fragment", [](request& r) { r.callback_url = "https://hooks.example.com#x"; }, "callback_url"},
        {"callback with a space", [](request& r) { r.callback_url = "https://hooks.example.com/a b"; }, "callback_url"},
        {"callback to loopback", [](request& r) { r.callback_url = "https://127.0.0.1/"; }, "callback_url"},
        {"callback to loopback, octal", [](request& r) { r.callback_url = "https://0177.1/"; }, "callback_url"},
        {"callback to loopback, IPv6", [](request& r) { r.callback_url = "https://[::1]/"; }, "callback_url"},
        {"callback to localhost", [](request& r) { r.callback_url = "https://LOCALHOST/"; }, "callback_url"},
        {"callback to 10/8", [](request& r) { r.callback_url = "https://10.1.2.3/"; }, "callback_url"},
        {"callback to 172.16/12", [](request& r) { r.callback_url = "https://172.31.0.1/"; }, "callback_url"},
        {"callback to 192.168/16", [](request& r) { r.callback_url = "https://192.168.0.1/"; }, "callback_url"},
        {"callback to a public address", [](request& r) { r.callback_url = "https://8.8.8.8/"; }, ""},
        // clang-format on
    };
}

TEST(VoiceDesign, EachRuleComplainsOfItsFieldAndOfNothingElse) {
    for (auto const& [name, change, field] : the_rules()) {
        SCOPED_TRACE(name);
        auto item = a_request();
        change(item);

        auto const found = check(item);

        ASSERT_EQ(found.size(), field.empty() ? 0U : 1U);
        if (!field.empty()) EXPECT_EQ(found[0].field, field);
        if (!field.empty()) EXPECT_FALSE(found[0].message.empty());
    }
}

TEST(VoiceDesign, EveryListedValueIsAllowed) {
    for (auto const value : languages) {
        auto item = a_request();
        item.language = value;
        EXPECT_TRUE(check(item).empty()) << value;
    }
    for (auto const value : sample_rates) {
        auto item = a_request();
        item.sample_rate = value;
        EXPECT_TRUE(check(item).empty()) << value;
    }
    for (auto const value : response_formats) {
        auto item = a_request();
        item.response_format = value;
        EXPECT_TRUE(check(item).empty()) << value;
    }
    for (auto const value : target_models) {
        auto item = a_request();
        item.target_model = value;
        EXPECT_TRUE(check(item).empty()) << value;
    }
}

TEST(VoiceDesign, TheDefaultsAreAllowed) {
    auto item = a_request();
    item.language = default_language;
    item.sample_rate = default_sample_rate;
    item.response_format = default_response_format;
    item.target_model = default_target_model;

    EXPECT_TRUE(check(item).empty());
}

TEST(VoiceDesign, AllComplaintsComeAtOnceInTheOrderOfTheContract) {
    auto const item = request{.model = "m",
                              .voice_prompt = "",
                              .preview_text = "",
                              .preferred_name = "",
                              .language = "l",
                              .response_format = "f",
                              .target_model = "t",
                              .callback_url = "c",
                              .sample_rate = 1};

    auto fields = std::vector<std::string>{};
    for (auto const& complaint : check(item)) fields.push_back(complaint.field);

    EXPECT_EQ(fields, (std::vector<std::string>{"model", "voice_prompt", "preview_text", "preferred_name", "language",
                                                "sample_rate", "response_format", "target_model", "callback_url"}));
}

TEST(VoiceDesign, AComplaintSaysWhatIsExpectedAndWhatWasFound) {
    auto item = a_request();
    item.language = "xx";
    item.sample_rate = 44100;
    item.preview_text = std::string(1025, 'x');

    auto const found = check(item);

    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].message, "expected at most 1024 characters but found 1025");
    EXPECT_EQ(found[1].message, "expected one of zh, en, ja, ko, de, fr, it, ru, pt, es but found \"xx\"");
    EXPECT_EQ(found[2].message, "expected one of 8000, 16000, 24000, 48000 but found 44100");
}

TEST(VoiceDesign, AComplaintQuotesOnlyTheBeginningOfAValue) {
    auto item = a_request();
    item.language = std::string(100'000, 'x');

    auto const found = check(item);

    EXPECT_LT(found.at(0).message.size(), 200U);
}

TEST(VoiceDesign, ACallbackUrlNamesAHostThatTheOperatorAllows) {
    auto const rules = callback_rules{.allowed = host_list{{"hooks.example.com", "*.partner.example"}}};
    auto item = a_request();
    for (auto const* const url :
         {"https://hooks.example.com/x", "https://HOOKS.EXAMPLE.COM./", "https://a.partner.example"}) {
        item.callback_url = url;
        EXPECT_TRUE(check(item, rules).empty()) << url;
    }
    item.callback_url = "https://evil.example/hooks.example.com";

    auto const found = check(item, rules);

    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].field, "callback_url");
    EXPECT_EQ(found[0].message, "expected a host that the operator of this service allows, not evil.example");
}

TEST(VoiceDesign, AnAbsentMemberIsTheReadersConcern) { EXPECT_TRUE(check(request{}).empty()); }

}  // namespace
}  // namespace voicehook::core::voice_design
