#include "tests/simulator/rules.hpp"

#include <gmock/gmock.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <vector>

namespace simulator {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::IsEmpty;

json::object voice() {
    return {{"model", "qwen-voice-design"},
            {"voice_prompt", "A calm voice"},
            {"preview_text", "Good evening."},
            {"preferred_name", "announcer"}};
}

json::object voice_with(std::string_view name, json::value value) {
    auto body = voice();
    body[name] = std::move(value);
    return body;
}

json::string repeated(std::string_view text, std::size_t count) {
    auto result = json::string{};
    for (std::size_t time = 0; time < count; ++time) result += text;
    return result;
}

std::vector<std::string> broken(std::string_view body) {
    auto const read = read_request(body, address_policy::public_only);
    auto params = std::vector<std::string>{};
    if (read) return params;
    for (auto const& one : read.error()) params.push_back(one.param);
    return params;
}

std::vector<std::string> broken(json::object const& body) { return broken(json::serialize(body)); }

TEST(SimulatorRules, AMinimalRequestGetsTheDefaults) {
    auto const read = read_request(json::serialize(voice()), address_policy::public_only);

    ASSERT_TRUE(read);
    EXPECT_EQ(read->preferred_name, "announcer");
    EXPECT_EQ(read->language, "zh");
    EXPECT_EQ(read->sample_rate, 24000);
    EXPECT_EQ(read->response_format, "wav");
    EXPECT_EQ(read->target_model, "qwen3-tts-vd-2026-01-26");
    EXPECT_EQ(read->callback_url, "");
}

TEST(SimulatorRules, LengthsCountCodePoints) {
    for (auto const* letter : {"a", "é", "声", "🎙"}) {
        EXPECT_THAT(broken(voice_with("voice_prompt", repeated(letter, 2048))), IsEmpty()) << letter;
        EXPECT_THAT(broken(voice_with("voice_prompt", repeated(letter, 2049))), ElementsAre("voice_prompt")) << letter;
        EXPECT_THAT(broken(voice_with("preview_text", repeated(letter, 1024))), IsEmpty()) << letter;
        EXPECT_THAT(broken(voice_with("preview_text", repeated(letter, 1025))), ElementsAre("preview_text")) << letter;
    }
}

TEST(SimulatorRules, ThePreferredNameIsAWordOfAtMostSixteen) {
    EXPECT_THAT(broken(voice_with("preferred_name", "Az_09_Az_09_Az_0")), IsEmpty());
    for (auto const* name : {"", "a-b", "a b", "é", "name\n", "12345678901234567"}) {
        EXPECT_THAT(broken(voice_with("preferred_name", name)), ElementsAre("preferred_name")) << name;
    }
}

TEST(SimulatorRules, EveryEnumTakesItsValuesAndNoOther) {
    struct row {
        std::string_view name;
        std::vector<json::value> good;
        std::vector<json::value> bad;
    };
    auto const rows = std::vector<row>{
        {"model", {"qwen-voice-design"}, {"qwen", "", 1, nullptr}},
        {"language", {"zh", "en", "ja", "ko", "de", "fr", "it", "ru", "pt", "es"}, {"xx", "EN", "", 1, nullptr}},
        {"sample_rate", {8000, 16000, 24000, 48000}, {44100, "24000", 24000.5, nullptr, -8000}},
        {"response_format", {"pcm", "wav", "mp3", "opus"}, {"flac", "WAV", 1}},
        {"target_model",
         {"qwen3-tts-vd-2026-01-26", "qwen3-tts-vd-realtime-2026-01-15", "qwen3-tts-vd-realtime-2025-12-16"},
         {"qwen3-tts", 3}},
    };

    for (auto const& [name, good, bad] : rows) {
        for (auto const& value : good) EXPECT_THAT(broken(voice_with(name, value)), IsEmpty()) << name << value;
        for (auto const& value : bad) {
            EXPECT_THAT(broken(voice_with(name, value)), ElementsAre(std::string{name})) << name << value;
        }
    }
}

TEST(SimulatorRules, EveryMissingFieldIsNamed) {
    EXPECT_THAT(broken("{}"), ElementsAre("model", "voice_prompt", "preview_text", "preferred_name"));
}

TEST(SimulatorRules, WhatIsNotAJsonObjectIsOneComplaint) {
    for (auto const* body : {"", "[]", "{", "null", "{\"model\":\"\xff\"}", "{} x"}) {
        EXPECT_THAT(broken(body), ElementsAre("")) << body;
    }
}

TEST(SimulatorRules, UnknownFieldsAreIgnored) { EXPECT_THAT(broken(voice_with("seed", 5)), IsEmpty()); }

TEST(SimulatorCallbackUrl, IsSplitForTheConnection) {
    auto const url = parse_callback_url("HTTPS://Hooks.Example.com:8443/a/b?c=d", address_policy::public_only);

    ASSERT_TRUE(url) << url.error();
    EXPECT_EQ(url->host, "hooks.example.com");
    EXPECT_EQ(url->port, "8443");
    EXPECT_EQ(url->target, "/a/b?c=d");
    EXPECT_EQ(url->authority, "Hooks.Example.com:8443");
    EXPECT_EQ(parse_callback_url("https://example.com?x", address_policy::public_only)->target, "/?x");
    EXPECT_EQ(parse_callback_url("https://example.com", address_policy::public_only)->port, "443");
}

TEST(SimulatorCallbackUrl, BrokenOnesAreRefused) {
    for (auto const* url :
         {"http://example.com/", "example.com", "https://", "https:///path", "https://user@example.com/",
          "https://example.com:0/", "https://example.com:99999/", "https://example.com:/", "https://exa mple.com/",
          "https://example.com/#part", "https://exämple.com/", "https://[::1/", "https://[2606:4700::1]x/",
          "https://[abc]/", "https://a\\b/"}) {
        EXPECT_FALSE(parse_callback_url(url, address_policy::everything)) << url;
    }
}

TEST(SimulatorCallbackUrl, MayHave2048Characters) {
    auto const longest = "https://example.com/" + std::string(2028, 'a');

    EXPECT_TRUE(parse_callback_url(longest, address_policy::public_only));
    EXPECT_FALSE(parse_callback_url(longest + "a", address_policy::public_only));
}

TEST(SimulatorCallbackUrl, LoopbackIsRefusedInEverySpellingUnlessAllowed) {
    for (auto const* host : {"127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "[::1]",
                             "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]", "localhost",
                             "LOCALHOST", "a.localhost", "127.255.255.254"}) {
        auto const url = std::string{"https://"} + host + "/";
        EXPECT_FALSE(parse_callback_url(url, address_policy::public_only)) << url;
        EXPECT_TRUE(parse_callback_url(url, address_policy::loopback_too)) << url;
    }
}

TEST(SimulatorCallbackUrl, InternalHostsAreRefusedAlsoWhenLoopbackIsAllowed) {
    for (auto const* host : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "0.0.0.0",
                             "0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]", "[ff02::1]",
                             "[::]", "[::ffff:10.0.0.1]", "printer.local", "db.internal", "0xa000001"}) {
        auto const url = std::string{"https://"} + host + "/";
        EXPECT_FALSE(parse_callback_url(url, address_policy::loopback_too)) << url;
        EXPECT_TRUE(parse_callback_url(url, address_policy::everything)) << url;
    }
}

TEST(SimulatorCallbackUrl, PublicHostsPass) {
    for (auto const* host : {"example.com", "8.8.8.8", "172.15.0.1", "172.32.0.1", "[2606:4700::1111]",
                             "10.example.com", "192.169.0.1", "a-b.example", "100.128.0.1"}) {
        auto const url = std::string{"https://"} + host + "/";
        EXPECT_TRUE(parse_callback_url(url, address_policy::public_only)) << url;
    }
}

}  // namespace
}  // namespace simulator
