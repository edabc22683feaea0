#include "tests/simulator/options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <sstream>
#include <utility>

namespace simulator {
namespace {

constexpr std::string_view description =
    "A simulator of the EvoLink voice-design provider, with every fault a switch.\n"
    "--fault NAME=VALUE, where VALUE is a kind, a number, or {\"kind\":…,\"times\":N,\"probability\":P}; see "
    "README.md.";

struct duration_texts {
    std::string work = "15s";
    std::string timeout = "10s";
    std::vector<std::string> retry{"1s", "2s", "4s"};
};

void declare(CLI::App& app, options& chosen, duration_texts& durations) {
    app.add_option("--listen", chosen.listen, "address:port of the provider (HTTPS), port 0: any")
        ->capture_default_str();
    app.add_option("--control", chosen.control, "address:port of the control endpoint (plain HTTP)")
        ->capture_default_str();
    app.add_option("--certificate", chosen.certificate, "PEM certificate chain of the provider")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--key", chosen.key, "PEM private key of the provider")->required()->check(CLI::ExistingFile);
    app.add_option("--callback-ca", chosen.callback_ca, "PEM certificates trusted for callbacks, besides the system's")
        ->check(CLI::ExistingFile);
    app.add_option("--seed", chosen.seed, "seed of every decision")->capture_default_str();
    app.add_option("--api-key", chosen.api_key, "the one valid key")->envname("EVOLINK_SIM_API_KEY");
    app.add_option("--work", durations.work, "how long a task takes")->capture_default_str();
    app.add_option("--callback-retry", durations.retry, "waits between the attempts of a callback")
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--callback-timeout", durations.timeout, "limit of one attempt")->capture_default_str();
    app.add_option("--callback-connections", chosen.callback_connections, "callbacks under way at the same time")
        ->check(CLI::Range(1, 60'000))
        ->capture_default_str();
    app.add_option("--keep-tasks", chosen.keep_tasks, "finished tasks that are remembered")->capture_default_str();
    app.add_option("--credits", chosen.credits, "credits of the account")->capture_default_str();
    app.add_option("--fault", chosen.faults, "NAME=VALUE, may be repeated")->allow_extra_args(false);
}

std::expected<void, std::string> read_durations(options& chosen, duration_texts const& texts) {
    auto const work = parse_duration(texts.work);
    if (!work) return std::unexpected{"--work: " + work.error()};
    chosen.work = *work;
    auto const timeout = parse_duration(texts.timeout);
    if (!timeout) return std::unexpected{"--callback-timeout: " + timeout.error()};
    chosen.callback_timeout = *timeout;
    chosen.callback_retry.clear();
    for (auto const& text : texts.retry) {
        auto const wait = parse_duration(text);
        if (!wait) return std::unexpected{"--callback-retry: " + wait.error()};
        chosen.callback_retry.push_back(*wait);
    }
    return {};
}

}  // namespace

std::expected<options, option_stop> read_options(int count, char const* const* words) {
    auto chosen = options{};
    auto durations = duration_texts{};
    auto app = CLI::App{std::string{description}, "evolink-sim"};
    declare(app, chosen, durations);
    auto const* const loopback =
        app.add_flag("--allow-loopback")->description("callback URLs may point to loopback addresses");
    auto const* const internal =
        app.add_flag("--allow-internal")->description("callback URLs may point to any address");
    auto const* const quiet = app.add_flag("--quiet")->description("no event lines on standard error");
    try {
        app.parse(count, words);
    } catch (CLI::ParseError const& stop) {
        auto out = std::ostringstream{};
        auto complaint = std::ostringstream{};
        auto const code = app.exit(stop, out, complaint);
        return std::unexpected{option_stop{out.str() + complaint.str(), code == 0 ? 0 : 2}};
    }
    auto const read = read_durations(chosen, durations);
    if (!read) return std::unexpected{option_stop{read.error() + "\n", 2}};
    if (loopback->count() > 0) chosen.addresses = address_policy::loopback_too;
    if (internal->count() > 0) chosen.addresses = address_policy::everything;
    if (quiet->count() > 0) chosen.log = verbosity::quiet;
    return chosen;
}

std::expected<std::chrono::milliseconds, std::string> parse_duration(std::string_view text) {
    auto number = 0.0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    auto const unit = text.substr(static_cast<std::size_t>(end - text.data()));
    auto const scale = unit == "ms" ? 1.0 : unit == "s" ? 1e3 : unit == "m" ? 6e4 : unit == "h" ? 36e5 : 0.0;
    auto const milliseconds = number * scale;
    if (error != std::errc{} || scale == 0.0 || !(milliseconds >= 0) || milliseconds > 7 * 24 * 36e5) {
        return std::unexpected{fmt::format("expected a duration like 250ms, 1.5s or 2m, found \"{}\"", text)};
    }
    return std::chrono::milliseconds{static_cast<std::int64_t>(milliseconds + 0.5)};
}

}  // namespace simulator
