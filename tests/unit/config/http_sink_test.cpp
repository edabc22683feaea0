// What a sink of type "http" may be told, and what it is advised against.
#include "config/load.hpp"

#include "config_text.hpp"

#include <gmock/gmock.h>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

std::string with_sink(std::string_view lines, std::string_view url = "https://consumer.internal/hooks") {
    return minimal_config() + fmt::format("[[sinks]]\nname = \"a\"\nurl = \"{}\"\n{}\n", url, lines);
}

struct row {
    std::string lines;
    std::string_view complaint;  ///< "": it loads
};

void expect_rows(std::vector<row> const& rows) {
    for (auto const& [lines, complaint] : rows) {
        auto const complaints = complaints_about(with_sink(lines));
        if (complaint.empty())
            EXPECT_EQ(complaints, "") << lines;
        else
            EXPECT_THAT(complaints, HasSubstr(complaint)) << lines;
    }
}

TEST(HttpSink, TakesEverythingThatAReceiverMayWant) {
    auto const text = with_sink(fmt::format(R"(secret = "{0}"
secrets = [{{ key = "{0}" }}, {{ key = "{0}" }}]
basic = {{ username = "ann", password = "word" }}
client_certificate = "client.crt"
client_key = "client.key"
headers = [{{ name = "X-Env", value = "prod" }}, {{ name = "X-Key", value = "k3y" }}]
proxy = "http://proxy.internal:3128"
proxy_username = "voicehook"
proxy_password = "pw"
format = "cloudevents_binary")",
                                            some_webhook_secret));

    auto const loaded = load_text(text, "test.toml", {});

    ASSERT_TRUE(loaded) << complaints_about(text);
    auto const& http = loaded->sinks[0].http;
    EXPECT_EQ(http.secrets.size(), 2u);
    EXPECT_EQ(http.basic, (basic_settings{"ann", secret{"word"}}));
    EXPECT_EQ(http.client_certificate, "client.crt");
    EXPECT_EQ(http.client_key, "client.key");
    ASSERT_EQ(http.headers.size(), 2u);
    EXPECT_EQ(http.headers[1], (header_settings{"X-Key", secret{"k3y"}}));
    EXPECT_EQ(http.proxy, "http://proxy.internal:3128");
    EXPECT_EQ(http.proxy_username, "voicehook");
    EXPECT_EQ(http.proxy_password, secret{"pw"});
}

TEST(HttpSink, ShowsNoneOfItsSecrets) {
    auto const text =
        with_sink(fmt::format("secrets = [{{ key = \"{}\" }}]\nbearer_token = \"t0ken-7391\"\n"
                              "headers = [{{ name = \"X-Key\", value = \"k3y-7391\" }}]\n"
                              "proxy = \"http://p:1\"\nproxy_username = \"u\"\nproxy_password = \"pw-7391\"",
                              some_webhook_secret));
    auto const loaded = load_text(text, "test.toml", {});
    ASSERT_TRUE(loaded) << complaints_about(text);

    auto const shown = render_redacted(*loaded);

    EXPECT_THAT(shown, Not(HasSubstr("7391")));
    EXPECT_THAT(shown, Not(HasSubstr("whsec_")));
    EXPECT_THAT(shown, HasSubstr("{ name = \"X-Key\", value = \"***\" }"));
}

TEST(HttpSink, SignsWithSecretsThatAreOnes) {
    expect_rows({
        {"secrets = [{ key = \"hello\" }]", "test.toml:14: sinks[0].secrets[0].key: expected \"whsec_\""},
        {"secrets = [{}]", "sinks[0].secrets[0].key: required"},
        {"secrets = [{ key_file = \"no-such-file\" }]", "sinks[0].secrets[0].key_file: "},
    });
}

TEST(HttpSink, AuthenticatesInOneWay) {
    expect_rows({
        {"bearer_token = \"abc\"", ""},
        {"bearer_token = \"a b\"", "sinks[0].bearer_token: must be visible ASCII"},
        {"bearer_token = \"a\\nb\"", "sinks[0].bearer_token: must be visible ASCII"},
        {"bearer_token = \"a\"\nbasic = { username = \"b\" }", "sinks[0].bearer_token: set either this or basic"},
        {"basic = { username = \"a:b\" }", "sinks[0].basic.username: must not have a colon"},
        {"basic = { password = \"a\" }", "sinks[0].basic.password: needs a user name"},
        {"basic = { username = \"a\", password = \"b\\r\\nc\" }", "sinks[0].basic.password: must not have control"},
        {"client_certificate = \"a\"", "sinks[0].client_key: required"},
        {"client_key = \"a\"", "sinks[0].client_certificate: required"},
    });
    EXPECT_THAT(
        complaints_about(with_sink("client_certificate = \"a\"\nclient_key = \"b\"", "HTTP://consumer.internal/")),
        HasSubstr("sinks[0].client_certificate: is shown to nobody without TLS"));
    EXPECT_THAT(complaints_about(with_sink("", "https://ann:word@consumer.internal/")),
                HasSubstr("sinks[0].url: must not hold a user name or password: use basic"));
}

TEST(HttpSink, RefusesHeadersThatItSetsItself) {
    for (auto const* const name : {"Host",
                                   "host",
                                   "Content-Type",
                                   "content-length",
                                   "CONTENT-ENCODING",
                                   "webhook-id",
                                   "Webhook-Signature",
                                   "traceparent",
                                   "tracestate",
                                   "ce-id",
                                   "CE-Anything",
                                   "Connection",
                                   "keep-alive",
                                   "Transfer-Encoding",
                                   "TE",
                                   "Trailer",
                                   "Upgrade",
                                   "Expect",
                                   "User-Agent",
                                   "Proxy-Authorization",
                                   "voicehook-event-type"})
        EXPECT_THAT(complaints_about(with_sink(fmt::format("headers = [{{ name = \"{}\", value = \"x\" }}]", name))),
                    HasSubstr("test.toml:14: sinks[0].headers[0].name: is set by voicehook itself"))
            << name;
}

TEST(HttpSink, TakesOnlyHeadersThatStayOnTheirLine) {
    expect_rows({
        {"headers = [{ name = \"X-Wörter\", value = \"x\" }]", "sinks[0].headers[0].name: expected the name of a"},
        {"headers = [{ name = \"X Y\", value = \"x\" }]", "sinks[0].headers[0].name: expected the name of a header"},
        {"headers = [{ name = \"X:Y\", value = \"x\" }]", "sinks[0].headers[0].name: expected the name of a header"},
        {"headers = [{ value = \"x\" }]", "sinks[0].headers[0].name: expected the name of a header"},
        {"headers = [{ name = \"X\" }]", "sinks[0].headers[0].value: required: here or by value_file"},
        {"headers = [{ name = \"X\", value = \"a\\r\\nEvil: 1\" }]",
         "sinks[0].headers[0].value: must not have control characters"},
        {"headers = [{ name = \"X\", value = \"a\\u0000\" }]", "sinks[0].headers[0].value: must not have control"},
        {"headers = [{ name = \"X\", value = \"a\" }, { name = \"x\", value = \"b\" }]",
         "sinks[0].headers[1].name: must be unique among headers"},
        {"headers = [{ name = \"Authorization\", value = \"Custom a\" }]", ""},
        {"bearer_token = \"a\"\nheaders = [{ name = \"authorization\", value = \"Custom a\" }]",
         "sinks[0].headers[0].name: is set by bearer_token or basic"},
    });
}

TEST(HttpSink, GoesOutByAProxyThatItCanUse) {
    expect_rows({
        {"proxy = \"http://proxy.internal:3128/\"", ""},
        {"proxy = \"http://[fd00::1]:3128\"", ""},
        {"proxy = \"http://proxy.internal\"", "sinks[0].proxy: expected a port too"},
        {"proxy = \"https://proxy.internal:3128\"", "sinks[0].proxy: must begin with http://"},
        {"proxy = \"proxy.internal:3128\"", "sinks[0].proxy: expected a URL with a port"},
        {"proxy = \"http://proxy.internal:3128/a\"", "sinks[0].proxy: must not have a path"},
        {"proxy = \"http://a:b@proxy.internal:3128\"", "use proxy_username and proxy_password"},
        {"proxy_username = \"a\"", "sinks[0].proxy_username: needs proxy"},
        {"proxy = \"http://p:1\"\nproxy_password = \"a\"", "sinks[0].proxy_password: needs a user name"},
        {"proxy = \"http://p:1\"\nproxy_username = \"a:b\"", "sinks[0].proxy_username: must not have a colon"},
    });
}

TEST(HttpSink, KeepsItsKeysToItself) {
    for (auto const* const line :
         {"headers = [{ name = \"X\", value = \"x\" }]", "basic = { username = \"a\" }", "proxy = \"http://p:1\"",
          "secrets = []", "client_key = \"a\"", "bearer_token_file = \"a\""})
        EXPECT_THAT(complaints_about(minimal_config() +
                                     fmt::format("[[sinks]]\nname = \"a\"\ntype = \"file\"\npath = \"x\"\n{}\n", line)),
                    HasSubstr("only for sinks of type \"http\""))
            << line;
}

}  // namespace
}  // namespace voicehook::config
