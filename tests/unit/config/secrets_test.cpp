// Secrets: from files, never twice, never shown.
#include "config/load.hpp"

#include "config_text.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

/// A file that lives as long as the test.
class secret_file {
public:
    explicit secret_file(std::string_view content)
        : path_{::testing::TempDir() + "voicehook_secret_" + std::to_string(++made_) + "_" + std::to_string(getpid())} {
        std::ofstream{path_, std::ios::binary} << content;
    }
    ~secret_file() { std::filesystem::remove(path_); }
    secret_file(secret_file const&) = delete;
    secret_file& operator=(secret_file const&) = delete;

    [[nodiscard]] std::string const& path() const { return path_; }

private:
    static inline int made_{};
    std::string path_;
};

TEST(Secrets, ComeFromAFileWithoutItsLastLineBreak) {
    struct row {
        std::string content;
        std::string expected;
    };
    auto const rows =
        std::vector<row>{{"sk-evo-1", "sk-evo-1"}, {"sk-evo-2\n", "sk-evo-2"}, {"sk-evo-3\r\n", "sk-evo-3"}};

    for (auto const& [content, expected] : rows) {
        auto const file = secret_file{content};
        auto const text =
            minimal_config_with("api_key = \"sk-evo-test\"", fmt::format("api_key_file = \"{}\"", file.path()));

        auto const loaded = load_text(text, "test.toml", {});

        ASSERT_TRUE(loaded) << complaints_about(text);
        EXPECT_EQ(loaded->provider.api_key, secret{expected});
    }
}

TEST(Secrets, KeepEveryOtherByteOfTheirFile) {
    auto const bytes = std::string{"\x00\x01\xff 0123456789abcdef0123456789\n\n", 32};
    auto const file = secret_file{bytes};
    auto const text = minimal_config_with("key = \"0123456789abcdef0123456789abcdef\"",
                                          fmt::format("key_file = \"{}\"", file.path()));
    auto const longer = secret_file{bytes + "\n"};
    auto const longer_text = minimal_config_with("key = \"0123456789abcdef0123456789abcdef\"",
                                                 fmt::format("key_file = \"{}\"", longer.path()));

    EXPECT_THAT(complaints_about(text), HasSubstr("callbacks.secrets[0].key: must have at least 32 bytes"));
    auto const loaded = load_text(longer_text, "test.toml", {});

    ASSERT_TRUE(loaded) << complaints_about(longer_text);
    EXPECT_EQ(loaded->callbacks.secrets[0].key, secret{bytes});
}

TEST(Secrets, EachOfThemHasAFileKeyInsideArraysToo) {
    auto const token = secret_file{"token-of-the-operator"};
    auto const webhook = secret_file{some_webhook_secret};
    auto const text = minimal_config_with("token = \"sixteen-or-more-characters\"",
                                          fmt::format("token_file = \"{}\"", token.path())) +
                      fmt::format(
                          "[[callers]]\nname = \"a\"\nkey_sha256 = [\"{0}\"]\nwebhook_secret_file = \"{1}\"\n"
                          "[[sinks]]\nname = \"s\"\nurl = \"https://x.example\"\nsecret_file = \"{1}\"\n",
                          some_hash, webhook.path());

    auto const loaded = load_text(text, "test.toml", {});

    ASSERT_TRUE(loaded) << complaints_about(text);
    EXPECT_EQ(loaded->ops.token, secret{"token-of-the-operator"});
    EXPECT_EQ(loaded->callers[0].webhook_secret, secret{std::string{some_webhook_secret}});
    EXPECT_EQ(loaded->sinks[0].http.webhook_secret, secret{std::string{some_webhook_secret}});
}

TEST(Secrets, ComeFromAFileThatTheEnvironmentNames) {
    auto const file = secret_file{"sk-evo-from-file\n"};
    auto const variables = environment{{"VOICEHOOK__PROVIDER__API_KEY_FILE", file.path()}};

    auto const loaded = load_text(minimal_config(), "test.toml", variables);

    ASSERT_TRUE(loaded) << complaints_about(minimal_config(), variables);
    EXPECT_EQ(loaded->provider.api_key, secret{"sk-evo-from-file"});
}

TEST(Secrets, GivenBothByValueAndByFileAreRefused) {
    auto const text =
        minimal_config_with("api_key = \"sk-evo-test\"", "api_key = \"sk-evo-test\"\napi_key_file = \"x\"");
    auto const variables =
        environment{{"VOICEHOOK__OPS__TOKEN", "sixteen-or-more-characters"}, {"VOICEHOOK__OPS__TOKEN_FILE", "x"}};

    EXPECT_EQ(complaints_about(text), "test.toml:6: provider.api_key: set either this or api_key_file, not both\n");
    EXPECT_EQ(complaints_about(minimal_config(), variables),
              "environment VOICEHOOK__OPS__TOKEN: ops.token: set either this or token_file, not both\n");
}

TEST(Secrets, AFileThatCannotBeReadIsOneComplaint) {
    auto const text = minimal_config_with("api_key = \"sk-evo-test\"", "api_key_file = \"/nonexistent/key\"");

    EXPECT_EQ(complaints_about(text),
              "test.toml:6: provider.api_key_file: cannot read \"/nonexistent/key\": No such file or directory\n");
}

TEST(Secrets, AreNeverShownInComplaints) {
    auto const hidden = std::vector<std::string>{
        minimal_config_with("\"sixteen-or-more-characters\"", "\"s3cr3t-7391\""),
        minimal_config_with("\"sk-evo-test\"", "\"s3cr3t-7391 with space\""),
        minimal_config_with("\"sk-evo-test\"", "s3cr3t-7391"),
        minimal_config_with("\"sk-evo-test\"", "739173917391739173917391s3cr3t"),
        minimal_config_with("\"sk-evo-test\"", "7391739173917391739173917391"),
        minimal_config_with("\"sk-evo-test\"", "73917391.7391.7391"),
        minimal_config_with("\"sk-evo-test\"", "\"s3cr3t-7391"),
        minimal_config_with("\"sk-evo-test\"", "[\"s3cr3t-7391\"]"),
        minimal_config_with("\"0123456789abcdef0123456789abcdef\"", "\"s3cr3t-7391\""),
        minimal_config_with("https://hooks.example.com", "https://user:s3cr3t-7391@hooks.example.com"),
        minimal_config() + "[[callers]]\nname = \"a\"\nwebhook_secret = \"whsec_s3cr3t-7391\"\n",
        minimal_config() +
            "[[sinks]]\nname = \"a\"\nurl = \"https://a:s3cr3t-7391@x.example\"\nsecret = \"s3cr3t-7391\"\n",
        minimal_config() + "[[sinks]]\nname = \"a\"\ntype = \"file\"\npath = \"x\"\nsecret = \"s3cr3t-7391\"\n",
        minimal_config() + "[store]\nurl = \"mysql://u:s3cr3t-7391@db/x\"\n",
        minimal_config() + "[store]\nurl = \"postgresql://u:s3cr3t-7391\\n@db/x\"\n",
        minimal_config() + "[store]\nurl = \"postgresql://u:s3cr3t-7391@db/x\"\npassword = \"7391\"\n",
        minimal_config() + "[store]\npassword = 7391\n",
    };

    for (auto const& text : hidden) {
        auto const complaints = complaints_about(text);

        EXPECT_NE(complaints, "") << text;
        EXPECT_THAT(complaints, Not(HasSubstr("s3cr3t"))) << text;
        EXPECT_THAT(complaints, Not(HasSubstr("7391"))) << text;
    }
}

}  // namespace
}  // namespace voicehook::config
