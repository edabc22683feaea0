// The rules of sinks of type "nats".
#include "config/broker_url.hpp"
#include "config_text.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::HasSubstr;

std::string nats_sink(std::string_view lines) {
    return minimal_config() + fmt::format("[[sinks]]\nname = \"a\"\ntype = \"nats\"\n{}\n", lines);
}

std::string nats_at(std::string_view servers, std::string_view more = "subject = \"results\"") {
    return nats_sink(fmt::format("servers = [{}]\n{}", servers, more));
}

std::string nats_to(std::string_view subject) {
    return nats_at("\"nats://host\"", fmt::format("subject = '{}'", subject));
}

TEST(NatsSink, HasServersASubjectAndOneWayToLogIn) {
    auto const with = [](std::string_view lines) {
        return nats_at("\"nats://host\"", "subject = \"s\"\n" + std::string{lines});
    };
    struct row {
        std::string text;
        std::string_view complaint;  ///< "": it loads
    };
    auto const rows = std::vector<row>{
        {nats_at("\"nats://host\""), ""},
        {nats_at("\"nats://a:4222\", \"nats://[::1]:4223\""), ""},
        {nats_at("\"tls://a\", \"tls://b\"", "subject = \"s\"\nca_file = \"ca.crt\""), ""},
        {nats_sink("subject = \"s\""), "test.toml:11: sinks[0].servers: required"},
        {nats_at(""), "sinks[0].servers: required"},
        {nats_at("\"nats://a\", \"b:4222\""), "sinks[0].servers: entry 1: expected \"nats://host\" or \"tls://host\""},
        {nats_at("\"nats://u:secret@a\""), "entry 0: must not hold a user name or password"},
        {nats_at("\"nats://a/b\""), "entry 0: expected nothing after the host and port"},
        {nats_at("\"nats://a\", \"tls://b\""), "either all with tls:// or none"},
        {with("ca_file = \"x\""), "sinks[0].ca_file: means nothing without TLS"},
        {with("client_key = \"x\""), "sinks[0].client_certificate: required"},
        {nats_at("\"nats://host\"", ""), "sinks[0].subject: required"},
        {nats_to("a.b-c.{status}.{caller}"), ""},
        {nats_to("a..b"), "expected words between dots"},
        {nats_to(".a"), "expected words between dots"},
        {nats_to("a."), "expected words between dots"},
        {nats_to("a b"), "expected words between dots"},
        {nats_to("a.*"), "expected words between dots"},
        {nats_to("a.>"), "expected words between dots"},
        {nats_to("grüße"), "expected words between dots"},
        {nats_to("a.{model}"), "knows the placeholders {status} and {caller} only"},
        {nats_to("a.}{"), "knows the placeholders"},
        {nats_to("$JS.API.x"), "must not begin with '$'"},
        {nats_to(std::string(300, 'a')), "expected words between dots"},
        {with("username = \"u\"\npassword = \"p\""), ""},
        {with("token = \"t\""), ""},
        {with("credentials_file = \"x.creds\""), ""},
        {with("username = \"u\""), "username and password belong together"},
        {with("token = \"t\"\ncredentials_file = \"x\""), "choose one way to log in"},
        {with("token = \"t\"\nusername = \"u\"\npassword = \"p\""), "choose one way to log in"},
        {with("stream = \"s\""), "sinks[0].stream: only for sinks of type"},
    };
    for (auto const& [text, complaint] : rows) {
        auto const complaints = complaints_about(text);
        if (complaint.empty())
            EXPECT_EQ(complaints, "") << text;
        else
            EXPECT_THAT(complaints, HasSubstr(complaint)) << text;
        EXPECT_EQ(complaints.find("secret@"), std::string::npos) << "a password is shown";
    }
}

TEST(NatsSink, ItsServersAreRead) {
    EXPECT_EQ(read_nats_url("nats://Host").value(), (broker_url{"nats", "host", 4222, ""}));
    EXPECT_EQ(read_nats_url("tls://[::1]:4443/").value(), (broker_url{"tls", "::1", 4443, ""}));
}

}  // namespace
}  // namespace voicehook::config
