// Sinks of type "kafka": what must be there, and what would break a promise.
#include "config/load.hpp"
#include "config_text.hpp"

#include <gmock/gmock.h>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::HasSubstr;

std::string kafka_sink(std::string_view lines) {
    return minimal_config() + fmt::format("[[sinks]]\nname = \"log\"\ntype = \"kafka\"\n{}\n", lines);
}

constexpr std::string_view place = "brokers = [\"k1.internal:9092\", \"[::1]:9093\"]\ntopic = \"voice.results\"\n";

std::string with(std::string_view lines) { return kafka_sink(std::string{place}.append(lines)); }

TEST(KafkaSinkKeys, NeedBrokersAndATopic) {
    EXPECT_EQ(complaints_about(with("")), "");
    EXPECT_THAT(complaints_about(kafka_sink("topic = \"t\"")), HasSubstr("sinks[0].brokers: required"));
    EXPECT_THAT(complaints_about(kafka_sink("brokers = [\"h:1\"]")), HasSubstr("sinks[0].topic: required"));
    for (auto const* const broker : {"h", "h:", ":1", "h:0", "h:65536", "h:1,i:2", "ssl://h:1", "h h:1", "[x]:1"})
        EXPECT_THAT(complaints_about(kafka_sink(fmt::format("brokers = [\"{}\"]\ntopic = \"t\"", broker))),
                    HasSubstr("sinks[0].brokers: entry 0: expected host:port"))
            << broker;
    for (auto const* const topic : {".", "..", "a b", "a/b", "ä", "a\\nb"})
        EXPECT_THAT(complaints_about(kafka_sink(fmt::format("brokers = [\"h:1\"]\ntopic = \"{}\"", topic))),
                    HasSubstr("sinks[0].topic: expected"))
            << topic;
}

TEST(KafkaSinkKeys, TrustAndLoginFitTogether) {
    EXPECT_THAT(complaints_about(with("ca_file = \"ca.crt\"")), HasSubstr("sinks[0].ca_file: means nothing without"));
    EXPECT_THAT(complaints_about(with("tls = true\nclient_certificate = \"c.crt\"")),
                HasSubstr("sinks[0].client_key: client_certificate and client_key belong together"));
    EXPECT_THAT(complaints_about(with("username = \"u\"")), HasSubstr("sinks[0].password: username and password"));
    EXPECT_THAT(complaints_about(with("username = \"u\"\npassword = \"p\"\nmechanism = \"PLAIN\"")),
                HasSubstr("sinks[0].mechanism: PLAIN would send the password readable"));
    EXPECT_EQ(complaints_about(with("username = \"u\"\npassword = \"p\"\nmechanism = \"PLAIN\"\ntls = true")), "");
    EXPECT_EQ(complaints_about(with("username = \"u\"\npassword = \"p\"\nmechanism = \"SCRAM-SHA-256\"")), "");
    EXPECT_THAT(complaints_about(with("mechanism = \"GSSAPI\"")), HasSubstr("expected one of \"SCRAM-SHA-512\""));
}

TEST(KafkaSinkKeys, WaitForOthersLessThanForAReport) {
    EXPECT_THAT(complaints_about(with("linger = \"1s\"\ntimeout = \"1s\"")),
                HasSubstr("sinks[0].linger: must be less than timeout"));
}

TEST(KafkaSinkKeys, TakePropertiesButNotThoseThatOtherKeysDecide) {
    auto const property = [](std::string_view name) {
        return with(fmt::format("properties = [{{ name = \"{}\", value = \"1\" }}]", name));
    };

    EXPECT_EQ(complaints_about(property("compression.codec")), "");
    for (auto const* const owned :
         {"acks", "request.required.acks", "enable.idempotence", "bootstrap.servers", "message.timeout.ms",
          "ssl.ca.location", "enable.ssl.certificate.verification", "sasl.password", "security.protocol", "dr_msg_cb",
          "transactional.id", "debug", "log_level", "log.queue", "plugin.library.paths", "test.mock.num.brokers",
          "delivery.report.only.error", "batch.size"})
        EXPECT_THAT(complaints_about(property(owned)), HasSubstr("sinks[0].properties[0].name: ")) << owned;
    EXPECT_THAT(complaints_about(property("")), HasSubstr("required"));
    EXPECT_THAT(
        complaints_about(with("properties = [{ name = \"a\", value = \"1\" }, { name = \"a\", value = \"2\" }]")),
        HasSubstr("sinks[0].properties[1].name: must be unique"));
}

TEST(KafkaSinkKeys, BelongToNoOtherType) {
    auto const file = "[[sinks]]\nname = \"a\"\ntype = \"file\"\npath = \"x\"\n";

    EXPECT_THAT(complaints_about(minimal_config() + file + "topic = \"t\"\n"),
                HasSubstr("sinks[0].topic: only for sinks of type \"kafka\""));
    EXPECT_THAT(complaints_about(minimal_config() + file + "properties = [{ name = \"a\", value = \"b\" }]\n"),
                HasSubstr("sinks[0].properties: only for sinks of type \"kafka\""));
    EXPECT_THAT(complaints_about(with("url = \"http://x\"")), HasSubstr("sinks[0].url: only for"));
}

TEST(KafkaSinkKeys, ThePasswordIsNotShown) {
    auto const loaded = load_text(with("username = \"u\"\npassword = \"hunter2-7391\"\n"), "test.toml", {});

    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->sinks[0].kafka.password.reveal(), "hunter2-7391");
    EXPECT_EQ(render_redacted(*loaded).find("hunter2-7391"), std::string::npos);
}

}  // namespace
}  // namespace voicehook::config
