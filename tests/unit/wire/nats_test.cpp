#include "wire/jetstream_answers.hpp"
#include "wire/nats_credentials.hpp"
#include "wire/nats_messages.hpp"

#include "base/encoding.hpp"

#include <gmock/gmock.h>

namespace voicehook::wire {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(JetStreamAck, TellsStreamSequenceAndWhetherItWasThereAlready) {
    EXPECT_EQ(read_jetstream_ack(R"({"stream":"RESULTS","seq":7})").value(),
              jetstream_answer(jetstream_ack{"RESULTS", 7, false}));
    EXPECT_EQ(
        read_jetstream_ack(R"({"stream":"R", "domain":"hub", "seq":18446744073709551, "duplicate": true})").value(),
        jetstream_answer(jetstream_ack{"R", 18446744073709551, true}));
}

TEST(JetStreamAck, TellsAnError) {
    EXPECT_EQ(
        read_jetstream_ack(
            R"({"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"},"stream":"R","seq":0})")
            .value(),
        jetstream_answer(jetstream_error{400, 10054, "message size exceeds maximum allowed"}));
    EXPECT_EQ(read_jetstream_ack(R"({"error":{}})").value(), jetstream_answer(jetstream_error{0, 0, ""}));
}

TEST(JetStreamAck, NothingElseIsOne) {
    for (auto const* text : {"", "{}", "+OK", R"({"stream":"R"})", R"({"seq":1})", R"({"stream":"R","seq":0})",
                             R"({"stream":"R","seq":-1})", R"({"stream":"R","seq":"1"})", R"({"stream":1,"seq":1})",
                             R"({"stream":"R","seq":1)", R"([{"stream":"R","seq":1}])", "\xff",
                             R"({"error":"no","stream":"R","seq":1})", R"({"stream":"R","seq":1} x)"})
        EXPECT_FALSE(read_jetstream_ack(text).has_value()) << text;
}

TEST(StreamNames, AreCounted) {
    EXPECT_EQ(read_stream_names(R"({"type":"x","total":1,"offset":0,"limit":1024,"streams":["R"]})").value(),
              (std::variant<std::size_t, jetstream_error>{std::size_t{1}}));
    EXPECT_EQ(read_stream_names(R"({"total":0,"streams":null})").value(),
              (std::variant<std::size_t, jetstream_error>{std::size_t{0}}));
    EXPECT_EQ(read_stream_names(R"({"error":{"code":503,"err_code":10039,"description":"no"}})").value(),
              (std::variant<std::size_t, jetstream_error>{jetstream_error{503, 10039, "no"}}));
    EXPECT_FALSE(read_stream_names("none").has_value());
    EXPECT_FALSE(read_stream_names(R"({"streams":1})").has_value());
    EXPECT_EQ(render_stream_names_request("a.\"*"), R"({"subject":"a.\"*"})");
}

TEST(NatsInfo, IsRead) {
    auto const info = read_nats_info(
        R"({"server_id":"X","version":"2.9.10","headers":true,"max_payload":1048576,"tls_required":true,"nonce":"abc","ldm":true})");

    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->version, "2.9.10");
    EXPECT_EQ(info->nonce, "abc");
    EXPECT_EQ(info->max_payload, 1048576u);
    EXPECT_TRUE(info->headers && info->tls_required && info->leaving);
    EXPECT_FALSE(info->tls_available);
    EXPECT_FALSE(read_nats_info("no").has_value());
    EXPECT_EQ(read_nats_info(R"({"max_payload":-5,"headers":"true"})")->max_payload, 0u);
}

TEST(NatsHello, NoTextBreaksOutOfIt) {
    auto const hello = render_nats_hello({.name = "voicehook",
                                          .version = "1",
                                          .username = "u\",\"x\":\"\r\nPUB a 0\r\n",
                                          .password = secret{std::string{"p\0\"", 3}}});

    EXPECT_THAT(hello, HasSubstr(R"("user":"u\",\"x\":\"\u000d\nPUB a 0\u000d\n","pass":"p\u0000\"")"));
    EXPECT_THAT(hello, Not(HasSubstr("\n")));
}

TEST(NatsHello, TellsOneWayToLogInAtMost) {
    EXPECT_EQ(
        render_nats_hello({.name = "n", .version = "1"}),
        R"({"verbose":false,"pedantic":false,"tls_required":false,"name":"n","lang":"c++","version":"1","protocol":1,"headers":true,"no_responders":true})");
    EXPECT_THAT(render_nats_hello({.token = secret{"t"}}), HasSubstr(R"("auth_token":"t")"));
    EXPECT_THAT(render_nats_hello({.jwt = "j", .signature = "s"}), HasSubstr(R"("jwt":"j","sig":"s")"));
}

/// Of docs.nats.io, "NKeys". Its public key is UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4.
constexpr auto some_seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";

TEST(NatsCredentials, ASeedStandsForAKey) {
    auto const key = read_nkey_seed(some_seed);

    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->reveal().size(), 32u);
}

TEST(NatsCredentials, WhatIsNoUsersSeedIsRefused) {
    auto changed = std::string{some_seed};
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    for (auto const& text :
         {std::string{}, std::string{"SU"}, changed, std::string{some_seed} + "A", std::string{some_seed}.substr(1),
          std::string{"suacssl3uahudxkfsnvuzrf5uhpmwz6bfdtj7m6usdxiednppqyyycu3vy"},
          std::string{"UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"}})
        EXPECT_FALSE(read_nkey_seed(text).has_value()) << text;
}

TEST(NatsCredentials, AFileIsReadWhateverItsLinesEndWith) {
    for (auto const* end : {"\n", "\r\n"}) {
        auto const text = std::string{"-----BEGIN NATS USER JWT-----"} + end + "a.b.c" + end +
                          "------END NATS USER JWT------" + end + end + "*** IMPORTANT ***" + end +
                          "-----BEGIN USER NKEY SEED-----" + end + some_seed + end + "------END USER NKEY SEED------" +
                          end;

        auto const found = read_nats_credentials(text);

        ASSERT_TRUE(found.has_value()) << found.error();
        EXPECT_EQ(found->jwt, "a.b.c");
        EXPECT_EQ(found->key, read_nkey_seed(some_seed));
    }
}

TEST(NatsCredentials, AFileWithoutOneOfTheBlocksIsToldWhatIsMissing) {
    EXPECT_THAT(read_nats_credentials("").error(), HasSubstr("USER JWT"));
    auto const problem = read_nats_credentials(
                             "-----BEGIN NATS USER JWT-----\nj\n------END NATS USER JWT------\n"
                             "-----BEGIN USER NKEY SEED-----\nSUWRONGSEED\n------END USER NKEY SEED------\n")
                             .error();
    EXPECT_THAT(problem, HasSubstr("USER NKEY SEED"));
    EXPECT_THAT(problem, Not(HasSubstr("WRONGSEED")));
}

TEST(NatsCredentials, ANonceIsSignedAsEd25519Does) {
    // RFC 8032, 7.1, test 2.
    auto const key = from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value();

    EXPECT_EQ(sign_nonce({.jwt = "j", .key = secret{key}}, "r"),
              to_base64url(from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e45"
                                    "8f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
                               .value()));
}

}  // namespace
}  // namespace voicehook::wire
