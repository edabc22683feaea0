#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/toml_text.hpp"

namespace voicehook::config {
namespace {

/// The defaults, and a row of everything that comes in rows.
settings sample_settings() {
    settings out;
    out.public_listener.base_url = "https://hooks.example.com";
    out.callbacks.secrets = {{.id = "k1", .key = {}}};
    out.callers = {{.name = caller_name{"tts-web"},
                    .key_sha256 = {"0000000000000000000000000000000000000000000000000000000000000000"}}};
    out.sinks = {{.name = sink_name{"results"}, .http = {.url = "https://consumer.internal/hooks"}},
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
    return out;
}

/// The comment lines of a help text; '#' alone begins a key that is switched off.
void add_help(std::string& out, std::string_view help) {
    while (!help.empty()) {
        auto const end = std::min(help.find('\n'), help.size());
        out += fmt::format("# {}\n", help.substr(0, end));
        help.remove_prefix(std::min(end + 1, help.size()));
    }
}

/// Helps for the keys of a table that stands on one line, and that line.
class inline_sample final : public key_visitor {
public:
    [[nodiscard]] std::string const& help() const noexcept { return help_; }
    [[nodiscard]] std::string braced() const { return "{ " + line_ + " }"; }
    /// Whether all of its values are examples.
    [[nodiscard]] bool only_examples() const noexcept { return only_examples_; }

    void value(value_binding const& item) override {
        auto const is_example = item.exact().empty() && !item.about.example.empty();
        add(item.about, is_example ? std::string{item.about.example} : toml_value(item));
        only_examples_ = only_examples_ && is_example;
    }
    void list(list_binding const& item) override { add(item.about, toml_array(item.show())); }
    void rows(rows_binding const& item) override { add(item.about, "[]"); }
    void table(key const& about, std::function<void(key_visitor&)> const&) override { add(about, "{}"); }

private:
    void add(key const& about, std::string const& toml) {
        if (!about.belongs_to.empty()) return;
        help_ += fmt::format("{}: {}\n", about.name, about.help);
        line_ += fmt::format("{}{} = {}", line_.empty() ? "" : ", ", about.name, toml);
    }

    std::string help_;
    std::string line_;
    bool only_examples_{true};
};

/// Writes the keys of a section, each below its help. A key whose default is nothing is switched off and shows an
/// example.
class section_sample final : public key_visitor {
public:
    explicit section_sample(std::string& out) : out_{out} {}

    void value(value_binding const& item) override { add(item.about, item.exact().empty(), toml_value(item)); }
    void list(list_binding const& item) override {
        auto const texts = item.show();
        add(item.about, texts.empty(), toml_array(texts));
    }
    void rows(rows_binding const& item) override {
        if (item.count() == 0) return add(item.about, true, "[]");
        inline_sample inside;
        item.describe_row(inside, 0);
        add_help(out_, fmt::format("{}\n{}", item.about.help, inside.help()));
        out_ += fmt::format("{} = [{}]\n", item.about.name, inside.braced());
    }
    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        if (!about.belongs_to.empty()) return;
        inline_sample inside;
        describe_inside(inside);
        add_help(out_, fmt::format("{}\n{}", about.help, inside.help()));
        out_ += fmt::format("{}{} = {}\n", inside.only_examples() ? "#" : "", about.name, inside.braced());
    }

private:
    void add(key const& about, bool is_nothing, std::string const& toml) {
        if (!about.belongs_to.empty()) return;
        add_help(out_, about.help);
        auto const is_example = is_nothing && !about.example.empty();
        out_ += fmt::format("{}{} = {}\n", is_example ? "#" : "", about.name, is_example ? about.example : toml);
    }

    std::string& out_;
};

class file_sample final : public key_visitor {
public:
    explicit file_sample(std::string& out) : out_{out} {}

    void value(value_binding const&) override {}
    void list(list_binding const&) override {}
    void rows(rows_binding const& item) override {
        for (std::size_t row = 0; row < item.count(); ++row) {
            begin(row == 0 ? item.about.help : "", fmt::format("[[{}]]", item.about.name));
            auto inside = section_sample{out_};
            item.describe_row(inside, row);
        }
    }
    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        begin(about.help, fmt::format("[{}]", about.name));
        auto inside = section_sample{out_};
        describe_inside(inside);
    }

private:
    void begin(std::string_view help, std::string const& header) {
        out_ += '\n';
        add_help(out_, help);
        out_ += header + '\n';
    }

    std::string& out_;
};

}  // namespace

std::string render_sample() {
    auto out = std::string{};
    add_help(
        out,
        "Every key of voicehook with its default. A line that begins with # and a name is switched off: its default "
        "is\n"
        "nothing, and what it shows is an example. Durations: 250ms, 30s, 10m, 24h, 30d. Sizes: B, KiB, MiB, GiB.\n"
        "Relative paths start at the working directory.\n"
        "Each value can come from the environment, which wins: VOICEHOOK__PROVIDER__API_KEY for provider.api_key, "
        "lists\n"
        "with commas, rows by their number: VOICEHOOK__CALLBACKS__SECRETS__0__KEY. Each secret (token, api_key, key,\n"
        "webhook_secret, secret) can come from a file: api_key_file = \"/run/secrets/api_key\" in its place, here or "
        "as\n"
        "VOICEHOOK__PROVIDER__API_KEY_FILE; one line break at the end of such a file is dropped.\n"
        "Check a file with: voicehook check --config FILE");
    auto shown = sample_settings();
    auto writer = file_sample{out};
    describe(writer, shown);
    return out;
}

}  // namespace voicehook::config
