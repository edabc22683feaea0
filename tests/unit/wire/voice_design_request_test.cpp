#include "wire/voice_design_request.hpp"

#include "wire/raw_json.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace voicehook::wire {
namespace {

constexpr std::string_view required =
    R"("voice_prompt":"A calm voice","preview_text":"Good evening","preferred_name":"announcer")";
constexpr std::string_view defaults =
    R"("language":"zh","sample_rate":24000,"response_format":"wav","target_model":"qwen3-tts-vd-2026-01-26")";

std::string request(std::string_view more) {
    return "{\"model\":\"qwen-voice-design\"," + std::string{required} + std::string{more} + "}";
}

std::string fingerprint(std::string_view body) {
    auto const read = read_voice_design(body);
    return read ? read->fingerprint : "refused";
}

std::set<std::string> fields_of(core::complaints const& items) {
    auto out = std::set<std::string>{};
    for (auto const& item : items) out.insert(item.field);
    return out;
}

TEST(VoiceDesignRequest, DefaultsAreAppendedToWhatTheCallerWrote) {
    auto const read = read_voice_design(request(""));

    ASSERT_TRUE(read);
    EXPECT_EQ(read->model, "qwen-voice-design");
    EXPECT_EQ(read->callback_url, std::nullopt);
    EXPECT_EQ(read->members, "\"model\":\"qwen-voice-design\"," + std::string{required} + "," + std::string{defaults});
}

TEST(VoiceDesignRequest, AMissingModelIsTheOnlyOneThereIs) {
    auto const read = read_voice_design("{" + std::string{required} + "}");

    ASSERT_TRUE(read);
    EXPECT_EQ(read->model, "qwen-voice-design");
    EXPECT_TRUE(read->members.starts_with(std::string{required} + R"(,"model":"qwen-voice-design",)")) << read->members;
}

TEST(VoiceDesignRequest, UnknownMembersGoThroughByteForByte) {
    constexpr auto odd = R"("x" : {"big":12345678901234567890, "n":1e400,"d":0.10} , "s":"\u00e4\/", "a":[ 1,2 ])";
    auto const read = read_voice_design(request(std::string{","} + odd));

    ASSERT_TRUE(read);
    EXPECT_NE(read->members.find(R"("x" : {"big":12345678901234567890, "n":1e400,"d":0.10})"), std::string::npos);
    EXPECT_NE(read->members.find(R"(,"s":"\u00e4\/",)"), std::string::npos);
    EXPECT_NE(read->members.find(R"(,"a":[ 1,2 ],)"), std::string::npos);
}

TEST(VoiceDesignRequest, WhatTheCallerGaveIsNoDefaultAnyMore) {
    auto const read = read_voice_design(request(R"(,"language":"en","sample_rate":48000.0,"response_format":"mp3",)"
                                                R"("target_model":"qwen3-tts-vd-realtime-2026-01-15")"));

    ASSERT_TRUE(read);
    EXPECT_TRUE(read->members.ends_with(R"("language":"en","sample_rate":48000.0,"response_format":"mp3",)"
                                        R"("target_model":"qwen3-tts-vd-realtime-2026-01-15")"));
}

TEST(VoiceDesignRequest, TheCallersCallbackUrlIsReplacedByOurs) {
    auto const read =
        read_voice_design("{\"callback\\u005furl\" : \"https://caller.example/hook\"," + request("").substr(1));
    ASSERT_TRUE(read);

    auto const body = submit_body(*read, "https://hooks.example.com/callbacks/v1/token");

    EXPECT_EQ(read->callback_url, "https://caller.example/hook");
    EXPECT_EQ(body.find("caller.example"), std::string::npos) << body;
    EXPECT_EQ(body, "{" + read->members + R"(,"callback_url":"https://hooks.example.com/callbacks/v1/token"})");
    auto const members = split_object(body);
    ASSERT_TRUE(members);
    EXPECT_EQ(std::ranges::count(*members, "callback_url", &raw_member::name), 1);
}

TEST(VoiceDesignRequest, EqualRequestsHaveOneFingerprint) {
    auto const plain = fingerprint(request(R"(,"callback_url":"https://a.example/x","extra":{"a":1,"b":[true,null]})"));
    ASSERT_NE(plain, "refused");
    EXPECT_EQ(plain.size(), 64U);

    // Member order, white space, escapes, explicit defaults, other spellings of numbers.
    EXPECT_EQ(
        fingerprint(R"({"extra":{"b":[true,null],"a":1},"callback_url":"https:\/\/a.example/x",)"
                    R"("preferred_name":"announcer","preview_text":"Good evening","voice_prompt":"A calm voice"})"),
        plain);
    EXPECT_EQ(fingerprint("\n{ \"model\" : \"qwen-voice-design\" , \"voice_prompt\":\"A calm\\u0020voice\" ,\r\n"
                          "\"preview_text\":\"Good evening\",\t\"preferred_name\":\"announcer\","
                          "\"callback_url\":\"https://a.example/x\",\"extra\" :{\"b\":[true , null],\"a\" : 1.0} } "),
              plain);
    EXPECT_EQ(fingerprint(request(R"(,"callback_url":"https://a.example/x","extra":{"a":1e0,"b":[true,null]},)"
                                  R"("sample_rate":2.4e4,"language":"zh","response_format":"wav",)"
                                  R"("target_model":"qwen3-tts-vd-2026-01-26")")),
              plain);
}

TEST(VoiceDesignRequest, DifferentRequestsHaveDifferentFingerprints) {
    auto const bodies = std::set<std::string>{
        request(""),
        request(R"(,"language":"en")"),
        request(R"(,"sample_rate":8000)"),
        request(R"(,"callback_url":"https://a.example/x")"),
        request(R"(,"callback_url":"https://a.example/y")"),
        request(R"(,"extra":1)"),
        request(R"(,"extra":"1")"),
        request(R"(,"extra":[1,2])"),
        request(R"(,"extra":[2,1])"),
        request(R"(,"extra":null)"),
        request(R"(,"extra":12345678901234567890)"),
        request(R"(,"extra":12345678901234567891)"),
        request(R"(,"extra":1e400)"),
        request(R"(,"Language":"en")"),
    };

    auto fingerprints = std::set<std::string>{};
    for (auto const& body : bodies) fingerprints.insert(fingerprint(body));

    EXPECT_EQ(fingerprints.size(), bodies.size());
    EXPECT_FALSE(fingerprints.contains("refused"));
}

TEST(VoiceDesignRequest, EveryViolatedRuleIsToldAtOnceInTheOrderOfTheContract) {
    auto const read = read_voice_design(
        R"({"callback_url":"http://a.example","target_model":1,"response_format":"flac","sample_rate":44100.5,)"
        R"("language":"xx","preferred_name":"no spaces!","voice_prompt":null,"model":"gpt","extra":1,"extra":2})");

    ASSERT_FALSE(read);
    auto fields = std::string{};
    for (auto const& item : read.error()) fields += item.field + " ";
    EXPECT_EQ(fields,
              "model voice_prompt preview_text preferred_name language sample_rate response_format target_model "
              "callback_url extra ");
}

TEST(VoiceDesignRequest, ADuplicateNameIsRefusedInAnySpelling) {
    for (auto const more : {R"(,"voice_prompt":"again")", R"(,"\u006dodel":"qwen-voice-design")", R"(,"x":1,"x":1)"}) {
        auto const read = read_voice_design(request(more));
        ASSERT_FALSE(read) << more;
        EXPECT_EQ(read.error().size(), 1U) << more;
    }
}

TEST(VoiceDesignRequest, AWrongTypeIsOneComplaintAndNotTwo) {
    auto const read = read_voice_design(
        R"({"voice_prompt":7,"preview_text":[],"preferred_name":{},"language":null,"sample_rate":"24000"})");

    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().size(), 5U);
    EXPECT_EQ(fields_of(read.error()),
              (std::set<std::string>{"voice_prompt", "preview_text", "preferred_name", "language", "sample_rate"}));
}

TEST(VoiceDesignRequest, LimitsCountCodePointsAndNotBytes) {
    auto const body = [](std::size_t count) {
        auto prompt = std::string{};
        for (std::size_t at = 0; at < count; ++at) prompt += "\xf0\x9f\x8e\x99";
        return R"({"preview_text":"x","preferred_name":"x","voice_prompt":")" + prompt + "\"}";
    };

    EXPECT_TRUE(read_voice_design(body(2048)));
    EXPECT_FALSE(read_voice_design(body(2049)));
}

TEST(VoiceDesignRequest, GarbageAndDeepNestingHaveOneComplaintOfTheWhole) {
    for (auto const& body : {std::string{}, std::string{"[]"}, std::string{"hello"}, request("").substr(1),
                             request(R"(,"x":)" + std::string(40, '[') + std::string(40, ']')),
                             std::string(200'000, '['), request("") + "{}"}) {
        auto const read = read_voice_design(body);
        ASSERT_FALSE(read);
        ASSERT_EQ(read.error().size(), 1U);
        EXPECT_EQ(read.error().front().field, "");
    }
}

TEST(VoiceDesignRequest, WhatIsSubmittedSaysTheSameToAnotherParser) {
    auto const read = read_voice_design(request(R"(,"callback_url":"https://a.example/x","extra":{"k":"v"})"));
    ASSERT_TRUE(read);

    auto const sent = boost::json::parse(submit_body(*read, "https://hooks.example.com/c/\"odd")).as_object();

    EXPECT_EQ(sent.at("voice_prompt").as_string(), "A calm voice");
    EXPECT_EQ(sent.at("sample_rate").as_int64(), 24000);
    EXPECT_EQ(sent.at("extra").as_object().at("k").as_string(), "v");
    EXPECT_EQ(sent.at("callback_url").as_string(), "https://hooks.example.com/c/\"odd");
    EXPECT_EQ(sent.size(), 10U);
}

}  // namespace
}  // namespace voicehook::wire
