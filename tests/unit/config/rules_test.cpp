// The rules between keys, one row a rule: each complaint says what to change.
#include "config/load.hpp"

#include "config/rules.hpp"
#include "config_text.hpp"

#include <gmock/gmock.h>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::HasSubstr;

struct row {
    std::string text;
    std::string_view complaint;  ///< "": it loads
};

void expect_rows(std::vector<row> const& rows) {
    for (auto const& [text, complaint] : rows) {
        auto const complaints = complaints_about(text);
        if (complaint.empty())
            EXPECT_EQ(complaints, "") << text;
        else
            EXPECT_THAT(complaints, HasSubstr(complaint)) << text;
    }
}

std::string with_base_url(std::string_view url, std::string_view more = "") {
    return minimal_config_with("base_url = \"https://hooks.example.com\"",
                               fmt::format("base_url = \"{}\"\n{}", url, more));
}

TEST(Rules, ABaseUrlIsOneThatTheProviderTakes) {
    expect_rows({
        {with_base_url("https://hooks.example.com"), ""},
        {with_base_url("https://hooks.example.com:8443/below/"), ""},
        {with_base_url("https://203.0.113.9.example"), ""},
        {minimal_config_with("base_url = \"https://hooks.example.com\"\n", ""),
         "test.toml:1: public.base_url: required"},
        {with_base_url(""), "test.toml:2: public.base_url: required"},
        {with_base_url("http://hooks.example.com"), "must begin with https://"},
        {with_base_url("hooks.example.com"), "expected an absolute URL"},
        {with_base_url("https://hooks.example.com/a b"), "expected an absolute URL"},
        {with_base_url("https://hooks.example.com/?a=b"), "must not have a query"},
        {with_base_url("https://hooks.example.com/#a"), "must not have a fragment"},
        {with_base_url("https://me:pw@hooks.example.com"), "must not hold a user name"},
        {with_base_url("https://localhost"), "names an internal host"},
        {with_base_url("https://10.1.2.3"), "names an internal host"},
        {with_base_url("https://[::ffff:127.0.0.1]"), "names an internal host"},
        {with_base_url("https://127.1"), "names an internal host"},
        {with_base_url("https://127.0.0.1:8443", "allow_internal_base_url = true\n"), ""},
        {with_base_url("http://127.0.0.1:8443", "allow_internal_base_url = true\n"), "must begin with https://"},
    });
}

TEST(Rules, ABaseUrlLeavesRoomForTheLongestCallbackPath) {
    auto const prefix = std::string{"https://hooks.example.com/"};
    auto const longest = prefix + std::string(1916 - prefix.size(), 'a');

    expect_rows({{with_base_url(longest), ""}, {with_base_url(longest + "a"), "must be at most 1916 bytes"}});
}

TEST(Rules, ABaseUrlLosesTheSlashAtItsEnd) {
    auto const loaded = load_text(with_base_url("https://hooks.example.com/below//"), "test.toml", {});

    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->public_listener.base_url, "https://hooks.example.com/below");
}

TEST(Rules, ListenersHaveAnAddressAndBothTlsFilesOrNone) {
    auto const api = [](std::string_view line) { return minimal_config() + "[api]\n" + std::string{line} + "\n"; };
    expect_rows({
        {api("listen = \"127.0.0.1:0\""), ""},
        {api("listen = \"[::1]:8444\""), ""},
        {api("listen = \"localhost:8444\""), "test.toml:12: api.listen: expected an address and a port"},
        {api("listen = \"127.0.0.1\""), "expected an address and a port"},
        {api("listen = \"127.0.0.1:65536\""), "expected an address and a port"},
        {api("listen = \"::1:8444\""), "expected an address and a port"},
        {api("listen = \":8444\""), "expected an address and a port"},
        {api("tls = { certificate = \"a\", key = \"b\" }"), ""},
        {api("tls = { certificate = \"a\" }"), "test.toml:12: api.tls.key: required"},
        {api("tls = { key = \"a\" }"), "test.toml:12: api.tls.certificate: required"},
        {api("tls = { client_ca = \"a\" }"), "api.tls.client_ca: needs certificate and key"},
        {with_base_url("https://hooks.example.com", "tls = { certificate = \"a\", key = \"b\", client_ca = \"c\" }"),
         "test.toml:3: public.tls.client_ca: only for [api] and [ops]"},
        {api("trusted_proxies = [\"10.0.0.0/8\", \"10.0.0.0/33\"]"),
         "api.trusted_proxies: entry 1: expected an address or a network"},
        {api("trusted_proxies = [\"load-balancer\"]"), "entry 0: expected an address or a network"},
        {with_base_url("https://hooks.example.com", "proxy_protocol = \"required\""),
         "test.toml:3: public.proxy_protocol: needs public.trusted_proxies: name the load balancers there"},
        {with_base_url("https://hooks.example.com", "proxy_protocol = \"required\"\ntrusted_proxies = []"),
         "test.toml:3: public.proxy_protocol: needs public.trusted_proxies"},
        {with_base_url("https://hooks.example.com", "proxy_protocol = \"required\"\ntrusted_proxies = [\"192.0.2.1\"]"),
         ""},
        {with_base_url("https://hooks.example.com", "proxy_protocol = \"on\""), "public.proxy_protocol: expected"},
    });
}

TEST(Rules, OperatorsNeedATokenThatIsNotShort) {
    auto const ops = [](std::string_view lines) {
        return minimal_config_with("token = \"sixteen-or-more-characters\"", lines);
    };
    auto const hash = std::string{some_hash};
    expect_rows({
        {ops(""), "test.toml:3: ops.token: required"},
        {ops("token = \"fifteen-letters\""), "test.toml:4: ops.token: must have at least 16 characters"},
        {ops("token = \"sixteen letters and spaces\""), "ops.token: must be visible ASCII"},
        {ops("tokens = [{ name = \"ann\", sha256 = \"" + hash + "\" }]"), ""},
        {ops("tokens = [{ name = \"ann\", sha256 = \"ABC\" }]"),
         "ops.tokens[0].sha256: expected 64 lower-case hex digits"},
        {ops("tokens = [{ sha256 = \"" + hash + "\" }]"), "ops.tokens[0].name: required"},
        {ops("tokens = [{ name = \"operator\", sha256 = \"" + hash + "\" }]"), "choose another name"},
        {ops("tokens = [{ name = \"a\", sha256 = \"" + hash + "\" }, { name = \"a\", sha256 = \"" + hash + "\" }]"),
         "ops.tokens[1].name: must be unique"},
    });
}

TEST(Rules, TheProviderNeedsAKeyAndAnEncryptedWay) {
    auto const provider = [](std::string_view lines) {
        return minimal_config_with("api_key = \"sk-evo-test\"", lines);
    };
    expect_rows({
        {provider(""), "test.toml:5: provider.api_key: required"},
        {provider("api_key = \"\""), "test.toml:6: provider.api_key: required"},
        {provider("api_key = \"sk evo\""), "provider.api_key: must be visible ASCII"},
        {provider("api_key = \"k\"\nbase_url = \"http://api.example.com\""),
         "provider.base_url: must begin with https://"},
        {provider("api_key = \"k\"\nbase_url = \"http://127.0.0.1.example.com\""), "must begin with https://"},
        {provider("api_key = \"k\"\nbase_url = \"http://127.0.0.1:9000\""), ""},
        {provider("api_key = \"k\"\nbase_url = \"http://[::1]:9000\""), ""},
        {provider("api_key = \"k\"\nbase_url = \"http://localhost:9000\""), ""},
        {provider("api_key = \"k\"\nbase_url = \"https://10.0.0.1/v\""), ""},
        {provider("api_key = \"k\"\nbase_url = \"ftp://x\""), "provider.base_url: expected an absolute URL"},
    });
}

TEST(Rules, CallbackSecretsAreThereUniqueAndLong) {
    auto const row_text = std::string{"  { id = \"k1\", key = \"0123456789abcdef0123456789abcdef\" },\n"};
    auto const secrets = [&](std::string_view rows) { return minimal_config_with(row_text, rows); };
    expect_rows({
        {secrets(""), "test.toml:8: callbacks.secrets: required: at least one"},
        {secrets(row_text + row_text), "test.toml:10: callbacks.secrets[1].id: must be unique"},
        {secrets("{ id = \"k.1\", key = \"0123456789abcdef0123456789abcdef\" }"),
         "callbacks.secrets[0].id: expected 1 to 32"},
        {secrets("{ id = \"" + std::string(33, 'k') + "\", key = \"0123456789abcdef0123456789abcdef\" }"),
         "expected 1 to 32"},
        {secrets("{ key = \"0123456789abcdef0123456789abcdef\" }"), "callbacks.secrets[0].id: expected 1 to 32"},
        {secrets("{ id = \"k1\" }"), "callbacks.secrets[0].key: required"},
        {secrets("{ id = \"k1\", key = \"0123456789abcdef0123456789abcde\" }"),
         "callbacks.secrets[0].key: must have at least 32 bytes"},
    });
}

TEST(Rules, TimesFitTogether) {
    auto const more = [](std::string_view text) { return minimal_config() + std::string{text}; };
    expect_rows({
        {more("[submission]\nwait = \"60s\"\n"), ""},
        {more("[submission]\nwait = \"61s\"\n"), "submission.wait: expected a duration from 0s to 1m"},
        {more("[submission]\ndeadline = \"10s\"\nreplay_after = \"10s\"\n"),
         "submission.replay_after: must be less than submission.deadline"},
        {more("[submission]\ndeadline = \"10s\"\nreplay_after = \"9s\"\n"), ""},
        {more("[submission]\nreplay = \"never\"\ndeadline = \"10s\"\nreplay_after = \"10s\"\n"), ""},
        {more("[canary]\nevery = \"99ms\"\n"), "canary.every: expected \"0s\" or at least \"100ms\""},
        {more("[canary]\nevery = \"30s\"\ntimeout = \"2m\"\n"), "canary.timeout: expected a duration from 100ms"},
        {minimal_config_with("api_key", "credits_every = \"25h\"\napi_key"),
         "provider.credits_every: expected a duration from 0s"},
        {more("[polling]\ninterval = \"99ms\"\n"), "polling.interval: expected a duration from 100ms"},
        {more("[polling]\ninterval = \"30s\"\ngive_up_after = \"20s\"\n"),
         "polling.give_up_after: must not be less than polling.interval"},
        {more("[store]\nretention = \"999ms\"\n"), "store.retention: expected a duration from 1s"},
    });
}

TEST(Rules, AReplayThatNobodyTimedComesBeforeAShortDeadline) {
    auto const loaded = load_text(minimal_config() + "[submission]\ndeadline = \"10s\"\n", "test.toml", {});

    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->submission.replay_after, 5s);
}

TEST(Rules, TheStoreIsAnSqliteFileOrAPostgresDatabase) {
    auto const store = [](std::string_view url) {
        return minimal_config() + fmt::format("[store]\nurl = \"{}\"\n", url);
    };
    expect_rows({
        {store("sqlite:///var/lib/x.db"), ""},
        {store("sqlite://x.db"), ""},
        {store("sqlite://"), "test.toml:12: store.url: expected sqlite:///absolute/path.db"},
        {store("sqlite://:memory:"), "expected sqlite:///absolute/path.db"},
        {store("sqlite://file:x?mode=memory"), "expected sqlite:///absolute/path.db"},
        {store("/var/lib/x.db"), "expected sqlite:///absolute/path.db"},
        {store("postgresql://user@host/db?sslmode=verify-full"), ""},
        {store("postgres://user:word@host:5432,other/db"), ""},
        {store("postgresql:///db?host=/run/postgresql"), ""},
        {store("mysql://user@host/db"), "test.toml:12: store.url: expected sqlite:///absolute/path.db"},
        {store("postgresql://user@host/db") + "password = \"word\"\nallow_unsafe_commits = true\n", ""},
        {store("postgresql://user:word@host/db") + "password = \"word\"\n",
         "test.toml:13: store.password: store.url has a password too"},
        {store("postgresql://user@host/db") + "allow_unsafe_commits = 1\n", "expected true or false"},
    });
}

TEST(Rules, CallersHaveUniqueNamesAndKeysOfTheirOwn) {
    auto const caller = [](std::string_view name, std::string_view lines) {
        return fmt::format("[[callers]]\nname = \"{}\"\n{}\n", name, lines);
    };
    auto const keys = fmt::format("key_sha256 = [\"{}\"]", some_hash);
    auto const more = [](std::string const& text) { return minimal_config() + text; };
    expect_rows({
        {more(caller("a", keys)), ""},
        {more(caller("a", "")), "test.toml:11: callers[0].key_sha256: required"},
        {more("[[callers]]\n" + keys + "\n"), "test.toml:11: callers[0].name: required"},
        {more(caller("a", keys) + caller("a", fmt::format("key_sha256 = [\"{}\"]", other_hash))),
         "callers[1].name: must be unique"},
        {more(caller("a", keys) + caller("b", keys)),
         "callers[1].key_sha256: entry 0: this key already belongs to callers[0]"},
        {more(caller("a", "key_sha256 = [\"F86D\"]")),
         "callers[0].key_sha256: entry 0: expected 64 lower-case hex digits"},
        {more(caller("a", keys + "\nwebhook_secret = \"" + std::string{some_webhook_secret} + "\"")), ""},
        {more(caller("a", keys + "\nwebhook_secret = \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\"")),
         "callers[0].webhook_secret: expected \"whsec_\""},
        {more(caller("a", keys + "\nwebhook_secret = \"whsec_MDEyMzQ1\"")), "the base64 of 24 to 64 bytes"},
        {more(caller("a", keys + "\nwebhook_secret = \"whsec_!!!!\"")), "the base64 of 24 to 64 bytes"},
        {more(caller("a", keys + "\nmax_in_flight = 0")), "callers[0].max_in_flight: expected a whole number from 1"},
    });
}

TEST(Rules, AllowedHostsAreHostsThatCanBeReached) {
    auto const callbacks = [](std::string_view lines) {
        return minimal_config() + "[callback_url]\n" + std::string{lines} + "\n";
    };
    expect_rows({
        {callbacks("allowed_hosts = [\"hooks.example.com\", \"*.partner.example\", \"8.8.8.8\"]"), ""},
        {callbacks("allowed_hosts = [\"a.example\", \"https://b.example\"]"),
         "test.toml:12: callback_url.allowed_hosts: entry 1: expected a host without a port"},
        {callbacks("allowed_hosts = [\"*\"]"), "entry 0: expected a host"},
        {callbacks("allowed_hosts = [\"a*.example.com\"]"), "entry 0: expected a host"},
        {callbacks("allowed_hosts = [\"*.corp.internal\"]"), "entry 0: names an internal host"},
        {callbacks("allowed_hosts = [\"127.1\"]"), "entry 0: names an internal host"},
        {callbacks("allowed_hosts = [\"10.0.0.1\"]\nallow_internal = true"), ""},
    });
}

TEST(Rules, SinksHaveWhatTheirTypeNeedsAndNothingElse) {
    auto const sink = [](std::string_view lines) { return fmt::format("[[sinks]]\n{}\n", lines); };
    auto const more = [](std::string const& text) { return minimal_config() + text; };
    expect_rows({
        {more(sink("name = \"a\"\nurl = \"http://x.internal\"")), ""},
        {more(sink("name = \"a\"\ntype = \"http\"")), "test.toml:11: sinks[0].url: required"},
        {more(sink("name = \"a\"\nurl = \"ftp://x\"")), "sinks[0].url: expected an absolute URL"},
        {more(sink("name = \"a\"\nurl = \"http://x/#y\"")), "sinks[0].url: must not have a fragment"},
        {more(sink("name = \"a\"\ntype = \"file\"")), "sinks[0].path: required"},
        {more(sink("name = \"a\"\ntype = \"file\"\npath = \"x/\"")), "expected a file, not a folder"},
        {more(sink("name = \"a\"\ntype = \"file\"\npath = \"x\"\nurl = \"http://x\"")),
         "test.toml:15: sinks[0].url: only for sinks of type \"http\" or \"redis\"; remove it here"},
        {more(sink("name = \"a\"\nurl = \"http://x\"\npath = \"x\"")),
         "sinks[0].path: only for sinks of type \"file\""},
        {more(sink("name = \"a\"\ntype = \"file\"\npath = \"x\"\nsecret_file = \"y\"")),
         "sinks[0].secret_file: only for"},
        {more(sink("name = \"callback_url\"\nurl = \"http://x\"")), "is reserved"},
        {more(sink("url = \"http://x\"")), "sinks[0].name: required"},
        {more(sink("name = \"a\"\nurl = \"http://x\"") + sink("name = \"a\"\nurl = \"http://y\"")),
         "sinks[1].name: must be unique"},
        {more(sink("name = \"a\"\ntype = \"file\"\npath = \"x\"") +
              sink("name = \"b\"\ntype = \"file\"\npath = \"x\"")),
         "sinks[1].path: another sink writes there"},
        {more(sink("name = \"a\"\nurl = \"http://x\"\nmax_in_flight = 0")),
         "sinks[0].max_in_flight: expected a whole number from 1"},
        {more(sink("name = \"a\"\nurl = \"http://x\"\nformat = \"xml\"")),
         "expected one of \"envelope\", \"verbatim\", \"cloudevents\""},
    });
}

TEST(Rules, TheTypesOfSinksAreNamed) {
    EXPECT_THAT(complaints_about(minimal_config() + "[[sinks]]\nname = \"a\"\ntype = \"amqp\"\n"),
                HasSubstr("test.toml:13: sinks[0].type: expected one of \"http\", \"file\", \"kafka\", \"redis\", "
                          "\"nats\", but found \"amqp\""));
}

TEST(Rules, NetworksAreAddressesWithAPrefix) {
    EXPECT_EQ(as_network("10.0.0.0/8"), "10.0.0.0/8");
    EXPECT_EQ(as_network("10.1.2.3"), "10.1.2.3/32");
    EXPECT_EQ(as_network("::1"), "::1/128");
    EXPECT_EQ(as_network("10.0.0.0/"), std::nullopt);
    EXPECT_EQ(as_network("10.0.0.5/8"), std::nullopt);
    EXPECT_EQ(as_network("fd00::1/64"), std::nullopt);
    EXPECT_EQ(as_network("fd00::/64"), "fd00::/64");
    EXPECT_EQ(as_network("10.0.0.0/-1"), std::nullopt);
    EXPECT_EQ(as_network("10.0.0/8"), std::nullopt);
    EXPECT_EQ(as_network(""), std::nullopt);
}

}  // namespace
}  // namespace voicehook::config
