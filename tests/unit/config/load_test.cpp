// Reading: files, types, names, lines, environment.
#include "config/load.hpp"

#include "config_text.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Load, ASmallFileLoadsAndEverythingElseHasItsDefault) {
    auto const loaded = load_text(minimal_config(), "test.toml", {});

    ASSERT_TRUE(loaded) << complaints_about(minimal_config());
    auto expected = settings{};
    expected.public_listener.base_url = "https://hooks.example.com";
    expected.ops.token = secret{"sixteen-or-more-characters"};
    expected.provider.api_key = secret{"sk-evo-test"};
    expected.callbacks.secrets = {{"k1", secret{"0123456789abcdef0123456789abcdef"}}};
    EXPECT_EQ(*loaded, expected);
}

TEST(Load, EveryKindOfValueIsRead) {
    auto const text = minimal_config() + fmt::format(R"(
max_body = "128KiB"
confirm = "always"
[server]
lame_duck = "250ms"
log_level = "debug"
max_connections = 10
[api]
tls = {{ certificate = "a.crt", key = "a.key", client_ca = "ca.crt" }}
trusted_proxies = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"]
[polling]
first_after = "20s"
[store]
url = "sqlite://voicehook.db"
[[callers]]
name = "tts-web"
key_sha256 = ["{0}", "{1}"]
webhook_secret = "{2}"
max_in_flight = 7
requests_per_second = 3
[[sinks]]
name = "results"
type = "http"
url = "http://10.1.2.3/hooks?x=1"
secret = "{2}"
timeout = "5s"
[[sinks]]
name = "archive"
type = "file"
path = "-"
rotate_at = "1MiB"
statuses = ["failed", "cancelled"]
format = "verbatim"
max_in_flight = 1
)",
                                                     some_hash, other_hash, some_webhook_secret);

    auto const loaded = load_text(text, "test.toml", {});

    ASSERT_TRUE(loaded) << complaints_about(text);
    EXPECT_EQ(loaded->callbacks.max_body, 128u * 1024);
    EXPECT_EQ(loaded->callbacks.confirm, core::confirmation::always);
    EXPECT_EQ(loaded->server.lame_duck, 250ms);
    EXPECT_EQ(loaded->server.level, log_level::debug);
    EXPECT_EQ(loaded->server.max_connections, 10u);
    EXPECT_EQ(loaded->api.tls, (tls_settings{"a.crt", "a.key", "ca.crt"}));
    EXPECT_THAT(loaded->api.trusted_proxies, ElementsAre("10.0.0.0/8", "192.0.2.7/32", "fd00::/8"));
    EXPECT_EQ(loaded->polling.first_after, 20s);
    ASSERT_EQ(loaded->callers.size(), 1u);
    EXPECT_EQ(loaded->callers[0].name, caller_name{"tts-web"});
    EXPECT_THAT(loaded->callers[0].key_sha256, ElementsAre(some_hash, other_hash));
    EXPECT_EQ(loaded->callers[0].webhook_secret, secret{std::string{some_webhook_secret}});
    EXPECT_EQ(loaded->callers[0].max_in_flight, 7u);
    EXPECT_EQ(loaded->callers[0].requests_per_second, 3u);
    ASSERT_EQ(loaded->sinks.size(), 2u);
    EXPECT_EQ(loaded->sinks[0].http.url, "http://10.1.2.3/hooks?x=1");
    EXPECT_EQ(loaded->sinks[0].timeout, 5s);
    EXPECT_EQ(loaded->sinks[1].type, sink_type::file);
    EXPECT_EQ(loaded->sinks[1].file.path, "-");
    EXPECT_EQ(loaded->sinks[1].file.rotate_at, 1024u * 1024);
    EXPECT_THAT(loaded->sinks[1].statuses, ElementsAre(core::terminal::failed, core::terminal::cancelled));
    EXPECT_EQ(loaded->sinks[1].format, body_format::verbatim);
}

TEST(Load, AllComplaintsComeAtOnceInTheOrderOfTheFile) {
    auto const text = minimal_config() +
                      "[submission]\n"
                      "wait = \"61s\"\n"
                      "[polling]\n"
                      "intervall = \"6s\"\n"
                      "[store]\n"
                      "retention = 30\n";

    EXPECT_EQ(complaints_about(text),
              "test.toml:12: submission.wait: expected a duration from 0s to 1m, such as \"30s\", but found \"61s\"\n"
              "test.toml:14: polling.intervall: unknown key; did you mean \"interval\"?\n"
              "test.toml:16: store.retention: expected a duration from 1s to 3650d, such as \"30s\"\n");
}

TEST(Load, WrongTypesAreComplaintsThatSayWhatIsExpected) {
    struct row {
        std::string_view text;
        std::string_view complaint;
    };
    auto const rows = std::vector<row>{
        {"[server]\nlame_duck = 5\n", "test.toml:12: server.lame_duck: expected a duration from 0s to 10m"},
        {"[server]\nmax_connections = \"10\"\n", "server.max_connections: expected a whole number from 1 to 1000000"},
        {"[server]\nmax_connections = 0\n", "server.max_connections: expected a whole number from 1 to 1000000"},
        {"[server]\nmax_connections = -1\n", "server.max_connections: expected a whole number from 1 to 1000000"},
        {"[server]\nmax_connections = 1.5\n", "server.max_connections: expected a whole number from 1 to 1000000"},
        {"[server]\nlog_level = \"loud\"\n",
         "expected one of \"debug\", \"info\", \"warning\", \"error\", but found \"loud\""},
        {"[api]\nlisten = 8443\n", "test.toml:12: api.listen: expected a text in quotes"},
        {"[api]\nlisten = \"a\\nb\"\n", "api.listen: expected a text in quotes without control characters"},
        {"[api]\ntrusted_proxies = \"10.0.0.0/8\"\n", "api.trusted_proxies: expected an array of texts"},
        {"[api]\ntrusted_proxies = [1]\n", "api.trusted_proxies: expected an array of texts"},
        {"[api]\ntls = \"yes\"\n", "test.toml:12: api.tls: expected a table: [api.tls]"},
        {"[polling]\nfirst_after = \"soon\"\n", "polling.first_after: expected \"auto\" or a duration from 0s"},
        {"[callers]\nname = \"x\"\n", "test.toml:11: callers: expected an array of tables: [[callers]]"},
        {"[[sinks]]\nname = \"a b\"\n", "test.toml:12: sinks[0].name: expected a name: 1 to 64 letters"},
        {"[[sinks]]\nname = \"a\"\nstatuses = []\n", "sinks[0].statuses: expected a non-empty array"},
        {"[[sinks]]\nname = \"a\"\nstatuses = [\"done\"]\n", "sinks[0].statuses: expected a non-empty array"},
        {"[[sinks]]\nname = \"a\"\nstatuses = [\"failed\", \"failed\"]\n", "without repetitions"},
    };

    for (auto const& [text, complaint] : rows)
        EXPECT_THAT(complaints_about(minimal_config() + std::string{text}), HasSubstr(complaint)) << text;
}

TEST(Load, UnknownKeysAndSectionsAreRefusedWithTheNearestName) {
    struct row {
        std::string_view text;
        std::string_view complaint;
    };
    auto const rows = std::vector<row>{
        {"[pulic]\nx = 1\n", "test.toml:11: pulic: unknown key; did you mean \"public\"?\n"},
        {"[store]\nzzzzzz = 1\n", "test.toml:12: store.zzzzzz: unknown key\n"},
        {"[api]\ntls = { cert = \"x\" }\n", "test.toml:12: api.tls.cert: unknown key\n"},
        {"[[callers]]\nnam = \"x\"\n", "test.toml:12: callers[0].nam: unknown key; did you mean \"name\"?\n"},
        {"top = 1\n", "test.toml:11: callbacks.top: unknown key\n"},
    };

    for (auto const& [text, complaint] : rows)
        EXPECT_THAT(complaints_about(minimal_config() + std::string{text}), HasSubstr(complaint)) << text;
}

TEST(Load, ARepeatedKeyIsRefusedWithItsLine) {
    auto const text = minimal_config() + "[store]\nretention = \"2h\"\nretention = \"3h\"\n";

    EXPECT_THAT(complaints_about(text), HasSubstr("test.toml:13: "));
    EXPECT_THAT(complaints_about(text), HasSubstr("'retention'"));
}

TEST(Load, ARepeatedSectionIsRefusedWithItsLine) {
    EXPECT_THAT(complaints_about(minimal_config() + "[ops]\n"), HasSubstr("test.toml:11: "));
}

TEST(Load, BrokenSyntaxIsOneComplaintWithItsLine) {
    auto const loaded = load_text("[public]\nbase_url = \n", "test.toml", {});

    ASSERT_FALSE(loaded);
    ASSERT_EQ(loaded.error().size(), 1u);
    EXPECT_TRUE(loaded.error()[0].starts_with("test.toml:2: ")) << loaded.error()[0];
}

TEST(Load, AFileThatDoesNotExistIsNamed) {
    auto const loaded = load("/nonexistent/voicehook.toml", {});

    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error(), ElementsAre(HasSubstr("\"/nonexistent/voicehook.toml\": No such file or directory")));
}

TEST(Load, AFolderInsteadOfAFileIsNamed) {
    auto const loaded = load("/", {});

    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error(), ElementsAre(HasSubstr("Is a directory")));
}

TEST(Environment, WinsOverTheFileForEveryKindOfScalar) {
    auto const text = minimal_config() + "[server]\nlame_duck = \"1s\"\n";
    auto const variables = environment{{"VOICEHOOK__SERVER__LAME_DUCK", "9s"},
                                       {"VOICEHOOK__SERVER__MAX_CONNECTIONS", "17"},
                                       {"VOICEHOOK__SERVER__LOG_LEVEL", "error"},
                                       {"VOICEHOOK__PUBLIC__BASE_URL", "https://other.example.com/"},
                                       {"VOICEHOOK__PUBLIC__TLS__CERTIFICATE", "e.crt"},
                                       {"VOICEHOOK__PUBLIC__TLS__KEY", "e.key"},
                                       {"VOICEHOOK__PUBLIC__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.0/24"},
                                       {"VOICEHOOK__PUBLIC__PROXY_PROTOCOL", "required"},
                                       {"VOICEHOOK__PUBLIC__ALLOW_INTERNAL_BASE_URL", "true"},
                                       {"VOICEHOOK__CALLBACKS__MAX_BODY", "1MiB"},
                                       {"VOICEHOOK__POLLING__FIRST_AFTER", "auto"},
                                       {"PATH", "/bin"}};

    auto const loaded = load_text(text, "test.toml", variables);

    ASSERT_TRUE(loaded) << complaints_about(text, variables);
    EXPECT_EQ(loaded->server.lame_duck, 9s);
    EXPECT_EQ(loaded->server.max_connections, 17u);
    EXPECT_EQ(loaded->server.level, log_level::error);
    EXPECT_EQ(loaded->public_listener.base_url, "https://other.example.com");
    EXPECT_EQ(loaded->public_listener.tls, (tls_settings{"e.crt", "e.key", ""}));
    EXPECT_THAT(loaded->public_listener.trusted_proxies, ElementsAre("10.0.0.0/8", "192.0.2.0/24"));
    EXPECT_EQ(loaded->public_listener.proxy_protocol, proxy_protocol::required);
    EXPECT_TRUE(loaded->public_listener.allow_internal_base_url);
    EXPECT_EQ(loaded->callbacks.max_body, 1024u * 1024);
    EXPECT_EQ(loaded->polling.first_after, std::nullopt);
}

TEST(Environment, ReachesIntoRowsByNumberAndAddsTheNextOnes) {
    auto const variables = environment{{"VOICEHOOK__CALLBACKS__SECRETS__0__ID", "renamed"},
                                       {"VOICEHOOK__CALLBACKS__SECRETS__1__ID", "k2"},
                                       {"VOICEHOOK__CALLBACKS__SECRETS__1__KEY", "another key of at least 32 bytes"}};

    auto const loaded = load_text(minimal_config(), "test.toml", variables);

    ASSERT_TRUE(loaded) << complaints_about(minimal_config(), variables);
    EXPECT_THAT(loaded->callbacks.secrets,
                ElementsAre(callback_secret_settings{"renamed", secret{"0123456789abcdef0123456789abcdef"}},
                            callback_secret_settings{"k2", secret{"another key of at least 32 bytes"}}));
}

TEST(Environment, ABadValueIsComplainedAboutUnderItsVariable) {
    auto const variables = environment{{"VOICEHOOK__SUBMISSION__WAIT", "soon"}};

    EXPECT_EQ(complaints_about(minimal_config(), variables),
              "environment VOICEHOOK__SUBMISSION__WAIT: submission.wait: expected a duration from 0s to 1m, such as "
              "\"30s\", but found \"soon\"\n");
}

TEST(Environment, AVariableThatNamesNoKeyIsRefusedWithTheNearestName) {
    auto const variables =
        environment{{"VOICEHOOK__PROVIDER__API_KEI", "sk-evo-hidden"}, {"VOICEHOOK__CALLBACKS__SECRETS__5__KEY", "x"}};

    auto const complaints = complaints_about(minimal_config(), variables);

    EXPECT_THAT(complaints, HasSubstr("environment VOICEHOOK__PROVIDER__API_KEI: names no key; did you mean "
                                      "\"VOICEHOOK__PROVIDER__API_KEY\"?\n"));
    EXPECT_THAT(complaints, HasSubstr("environment VOICEHOOK__CALLBACKS__SECRETS__5__KEY: names no key"));
    EXPECT_THAT(complaints, ::testing::Not(HasSubstr("sk-evo-hidden")));
}

TEST(Environment, OfTheProcessIsReadable) {
    ASSERT_EQ(setenv("VOICEHOOK_TEST_VARIABLE", "a=b", 1), 0);

    auto const variables = process_environment();

    ASSERT_TRUE(variables.contains("VOICEHOOK_TEST_VARIABLE"));
    EXPECT_EQ(variables.at("VOICEHOOK_TEST_VARIABLE"), "a=b");
}

}  // namespace
}  // namespace voicehook::config
