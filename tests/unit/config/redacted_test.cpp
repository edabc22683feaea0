// What `check` prints: every key, no secret, and TOML that loads again.
#include "config/load.hpp"

#include "config_text.hpp"

#include <gmock/gmock.h>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

std::string full_config() {
    return minimal_config() + fmt::format(R"([polling]
first_after = "20s"
[[callers]]
name = "tts-web"
key_sha256 = ["{0}"]
webhook_secret = "{1}"
[[sinks]]
name = "results"
url = "https://consumer.internal/a"
secret = "{1}"
[[sinks]]
name = "archive"
type = "file"
path = "a \"quoted\" name.jsonl"
)",
                                          some_hash, some_webhook_secret);
}

TEST(Redacted, ShowsNoSecret) {
    auto const loaded = load_text(
        minimal_config() + fmt::format("[[callers]]\nname = \"a\"\nkey_sha256 = [\"{}\"]\nwebhook_secret = \"{}\"\n",
                                       some_hash, some_webhook_secret),
        "test.toml", {});
    ASSERT_TRUE(loaded);

    auto const shown = render_redacted(*loaded);

    for (auto const* const hidden :
         {"sixteen-or-more-characters", "sk-evo-test", "0123456789abcdef0123456789abcdef", "whsec_"})
        EXPECT_THAT(shown, Not(HasSubstr(hidden)));
    EXPECT_THAT(shown, HasSubstr("api_key = \"***\"\n"));
    EXPECT_THAT(shown, HasSubstr("{ id = \"k1\", key = \"***\" }"));
    EXPECT_THAT(shown, HasSubstr("webhook_secret = \"***\"\n"));
    EXPECT_THAT(shown, HasSubstr("base_url = \"https://hooks.example.com\"\n"));
}

TEST(Redacted, ShowsTheStoreWithoutItsPassword) {
    auto item = settings{};
    item.store.url = "postgresql://ann:word@db:5432/tasks?sslmode=verify-full";
    item.store.password = secret{"other"};

    auto const shown = render_redacted(item);

    EXPECT_THAT(shown, HasSubstr("url = \"postgresql://ann:***@db:5432/tasks?sslmode=verify-full\"\n"));
    EXPECT_THAT(shown, HasSubstr("password = \"***\"\n"));
    EXPECT_THAT(shown, HasSubstr("allow_unsafe_commits = false\n"));
}

TEST(Redacted, TellsASecretThatIsNotSet) {
    auto const shown = render_redacted(settings{});

    EXPECT_THAT(shown, HasSubstr("api_key = \"\"\n"));
}

TEST(Redacted, LoadsAgainToTheSameSettingsOnceTheSecretsAreBack) {
    auto const text = full_config();
    auto const loaded = load_text(text, "test.toml", {});
    ASSERT_TRUE(loaded) << complaints_about(text);

    auto const secrets =
        environment{{"VOICEHOOK__OPS__TOKEN", loaded->ops.token.reveal()},
                    {"VOICEHOOK__PROVIDER__API_KEY", loaded->provider.api_key.reveal()},
                    {"VOICEHOOK__CALLBACKS__SECRETS__0__KEY", loaded->callbacks.secrets[0].key.reveal()},
                    {"VOICEHOOK__CALLERS__0__WEBHOOK_SECRET", loaded->callers[0].webhook_secret.reveal()},
                    {"VOICEHOOK__SINKS__0__SECRET", loaded->sinks[0].http.webhook_secret.reveal()}};
    auto const again = load_text(render_redacted(*loaded), "shown.toml", secrets);

    ASSERT_TRUE(again) << complaints_about(render_redacted(*loaded), secrets);
    EXPECT_EQ(*again, *loaded);
    EXPECT_EQ(render_redacted(*again), render_redacted(*loaded));
}

}  // namespace
}  // namespace voicehook::config
