// config/voicehook.toml is the reference: complete, true and loadable.
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config_text.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>

namespace voicehook::config {
namespace {

using namespace testing;

std::string sample_file() {
    auto file = std::ifstream{VOICEHOOK_SAMPLE, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The sample with its switched-off keys switched on.
std::string everything_switched_on(std::string const& sample) {
    return std::regex_replace(sample, std::regex{"(^|\n)#([a-z_0-9]+ = )"}, "$1$2");
}

environment sample_secrets() {
    return {{"VOICEHOOK__OPS__TOKEN", "sixteen-or-more-characters"},
            {"VOICEHOOK__PROVIDER__API_KEY", "sk-evo-test"},
            {"VOICEHOOK__CALLBACKS__SECRETS__0__KEY", "0123456789abcdef0123456789abcdef"}};
}

/// Names every key of the table in the dotted form, rows without their number, for settings that have a row of each
/// kind.
class key_list final : public key_visitor {
public:
    explicit key_list(std::vector<std::string>& out, std::string path = "") : out_{out}, path_{std::move(path)} {}

    void value(value_binding const& item) override { add(item.about); }
    void list(list_binding const& item) override { add(item.about); }
    void rows(rows_binding const& item) override {
        add(item.about);
        for (std::size_t row = 0; row < item.count(); ++row) {
            auto inside = key_list{out_, path_of(item.about)};
            item.describe_row(inside, row);
        }
    }
    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        add(about);
        auto inside = key_list{out_, path_of(about)};
        describe_inside(inside);
    }

private:
    [[nodiscard]] std::string path_of(key const& about) const { return path_ + std::string{about.name} + "."; }
    void add(key const& about) {
        EXPECT_NE(about.help, "") << path_ << about.name;
        if (about.belongs_to.empty()) out_.push_back(path_ + std::string{about.name});
    }

    std::vector<std::string>& out_;
    std::string path_;
};

TEST(Sample, IsWhatTheTableSays) {
    if (std::getenv("VOICEHOOK_WRITE_SAMPLE") != nullptr)
        std::ofstream{VOICEHOOK_SAMPLE, std::ios::binary} << render_sample();

    EXPECT_EQ(sample_file(), render_sample())
        << "write it again with VOICEHOOK_WRITE_SAMPLE=1 in the environment of this test";
}

TEST(Sample, MentionsEveryKey) {
    auto example = settings{};
    example.ops.tokens.resize(1);
    example.callbacks.secrets.resize(1);
    example.callers.resize(1);
    for (auto const& [type, name] : names_of<sink_type>) example.sinks.push_back({.type = type});
    std::vector<std::string> keys;
    auto listing = key_list{keys};
    describe(listing, example);
    auto const sample = sample_file();

    ASSERT_GT(keys.size(), 60u);
    for (auto const& path : keys) {
        auto const section = path.substr(0, path.find('.'));
        auto const name = path.substr(path.rfind('.') + 1);
        auto const begin = sample.find("[" + section + "]");
        ASSERT_NE(begin, std::string::npos) << section;
        auto const text =
            sample.substr(begin, section == "sinks" ? std::string::npos : sample.find("\n[", begin) - begin);
        if (name == section) continue;
        EXPECT_TRUE(std::regex_search(text, std::regex{"[\n #{]" + name + " = "})) << path;
    }
}

TEST(Sample, LoadsOnceTheSecretsAreSetAndShowsTheRealDefaults) {
    auto const sample = sample_file();

    auto const loaded = load_text(sample, "voicehook.toml", sample_secrets());

    ASSERT_TRUE(loaded) << complaints_about(sample, sample_secrets());
    auto expected = settings{};
    expected.public_listener.base_url = "https://hooks.example.com";
    expected.ops.token = secret{"sixteen-or-more-characters"};
    expected.provider.api_key = secret{"sk-evo-test"};
    expected.callbacks.secrets = {{"k1", secret{"0123456789abcdef0123456789abcdef"}}};
    ASSERT_EQ(loaded->callers.size(), 1u);
    expected.callers = {{.name = caller_name{"tts-web"}, .key_sha256 = loaded->callers[0].key_sha256}};
    expected.sinks = {{.name = sink_name{"results"}, .http = {.url = "https://consumer.internal/hooks"}},
                      {.name = sink_name{"archive"}, .type = sink_type::file, .file = {.path = "results.jsonl"}},
                      {.name = sink_name{"log"},
                       .type = sink_type::kafka,
                       .kafka = {.brokers = {"kafka-1.internal:9093"}, .topic = "voicehook.results", .tls = true}},
                      {.name = sink_name{"stream"},
                       .type = sink_type::redis,
                       .redis = {.url = "rediss://redis.internal:6379/0", .stream = "voicehook:results"}},
                      {.name = sink_name{"events"},
                       .type = sink_type::nats,
                       .nats = {.servers = {"tls://nats.internal:4222"}, .subject = "voicehook.results"}}};
    EXPECT_EQ(*loaded, expected);
}

TEST(Sample, KeysThatAreSwitchedOffAreRightToo) {
    auto const sample = everything_switched_on(sample_file());
    auto variables = sample_secrets();
    variables["VOICEHOOK__CALLERS__0__WEBHOOK_SECRET"] = some_webhook_secret;
    variables["VOICEHOOK__SINKS__0__SECRET"] = some_webhook_secret;
    variables["VOICEHOOK__SINKS__0__SECRETS__0__KEY"] = some_webhook_secret;
    variables["VOICEHOOK__SINKS__0__BEARER_TOKEN"] = "";  // or basic
    variables["VOICEHOOK__SINKS__0__PROXY_PASSWORD"] = "a word";
    variables["VOICEHOOK__SINKS__4__TOKEN"] = "";             // or a user name
    variables["VOICEHOOK__SINKS__4__CREDENTIALS_FILE"] = "";  // or a user name

    auto const loaded = load_text(sample, "voicehook.toml", variables);

    ASSERT_TRUE(loaded) << complaints_about(sample, variables);
    EXPECT_EQ(loaded->api.tls, (tls_settings{"tls.crt", "tls.key", "ca.crt"}));
    EXPECT_EQ(loaded->public_listener.tls, (tls_settings{"tls.crt", "tls.key", ""}));
    EXPECT_EQ(loaded->provider.ca_file, "ca.crt");
    EXPECT_EQ(loaded->ops.tokens.size(), 1u);
}

}  // namespace
}  // namespace voicehook::config
