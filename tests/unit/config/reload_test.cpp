// Which changes SIGHUP takes, and which it refuses by name.
#include "config/load.hpp"

#include "config_text.hpp"

#include <gmock/gmock.h>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

settings some_settings() {
    settings out;
    out.public_listener.tls = {"a.crt", "a.key", ""};
    out.ops.token = secret{"sixteen-or-more-characters"};
    out.ops.tokens = {{"ann", std::string{some_hash}}};
    return out;
}

TEST(Reload, TakesCertificatesCallersSinksTheirUrlsSecretsProviderKeyAndLogLevel) {
    auto const running = some_settings();
    auto wanted = running;
    wanted.public_listener.tls = {"b.crt", "b.key", ""};
    wanted.callers.push_back({.name = caller_name{"new"}});
    wanted.sinks.push_back({.name = sink_name{"new"}});
    wanted.callback_url = {.timeout = 1s, .max_in_flight = 1, .max_per_host = 1, .allowed_hosts = {"a.example"}};
    wanted.callbacks.secrets.push_back({"k2", secret{"0123456789abcdef0123456789abcdef"}});
    wanted.provider.api_key = secret{"sk-evo-other"};
    wanted.server.level = log_level::debug;

    EXPECT_THAT(changes_that_need_a_restart(running, wanted), IsEmpty());
}

TEST(Reload, RefusesEverythingElseByName) {
    auto const running = some_settings();
    auto wanted = running;
    wanted.server.drain = 1s;
    wanted.public_listener.base_url = "https://other.example.com";
    wanted.public_listener.trusted_proxies = {"10.0.0.0/8"};
    wanted.public_listener.proxy_protocol = proxy_protocol::required;
    wanted.api.listen = "127.0.0.1:1";
    wanted.ops.token = secret{"another-token-of-16"};
    wanted.ops.tokens[0].name = "bob";
    wanted.provider.ca_file = "ca.crt";
    wanted.callbacks.max_body = 1024;
    wanted.callbacks.confirm = core::confirmation::always;
    wanted.submission.replay = core::replay_mode::never;
    wanted.polling.first_after = 1s;
    wanted.store.url = "sqlite://x.db";
    wanted.store.password = secret{"word"};
    wanted.store.allow_unsafe_commits = true;
    wanted.store.backups = "elsewhere";
    wanted.store.keep_backups = 1;

    EXPECT_THAT(changes_that_need_a_restart(running, wanted),
                ElementsAre("api.listen", "callbacks.confirm", "callbacks.max_body", "ops.token", "ops.tokens",
                            "polling.first_after", "provider.ca_file", "public.base_url", "public.proxy_protocol",
                            "public.trusted_proxies", "server.drain", "store.allow_unsafe_commits", "store.backups",
                            "store.keep_backups", "store.password", "store.url", "submission.replay"));
}

TEST(Reload, RefusesToTurnTlsOff) {
    auto const running = some_settings();
    auto wanted = running;
    wanted.public_listener.tls = {};

    EXPECT_THAT(changes_that_need_a_restart(running, wanted), ElementsAre("public.tls"));
}

TEST(Reload, OfTheSameConfigurationChangesNothing) {
    EXPECT_THAT(changes_that_need_a_restart(some_settings(), some_settings()), IsEmpty());
}

}  // namespace
}  // namespace voicehook::config
