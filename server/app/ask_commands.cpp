// The subcommands that ask a running service.
#include "app/commands.hpp"
#include "app/ops/place.hpp"
#include "app/ops/screen.hpp"
#include "app/ops/socket_channel.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace voicehook::app {
namespace {

constexpr int http_ok = 200;
constexpr auto time_to_answer = 5s;
constexpr std::size_t longest_token = 4096;
constexpr auto token_variable = "VOICEHOOK__OPS__TOKEN";

result<ops::answer> ask_whether_alive(config::settings const& settings) {
    auto where = ops::local_place(settings);
    if (!where) return std::unexpected{where.error()};
    auto channel = ops::open_channel(std::move(*where));
    if (!channel) return std::unexpected{channel.error()};
    return (*channel)->ask({.path = "/livez", .limit = time_to_answer});
}

/// The first line of the file.
result<secret> read_token(std::string const& path) {
    auto text = config::read_text_file(path, longest_token);
    if (!text) return fail(errc::unreadable, "--token-file: " + text.error());
    auto token = text->substr(0, text->find_first_of("\r\n"));
    auto const visible = [](char letter) { return letter > 0x20 && letter < 0x7f; };
    if (token.empty() || !std::ranges::all_of(token, visible))
        return fail(errc::invalid, "--token-file: must hold visible ASCII characters without spaces");
    return secret{std::move(token)};
}

result<secret> token_for_another_machine(ops::access_wish const& access) {
    if (!access.token_file.empty()) return read_token(access.token_file);
    auto const* const given = std::getenv(token_variable);
    if (given == nullptr || *given == '\0')
        return fail(errc::invalid, fmt::format("--url needs --token-file, or the token in {}", token_variable));
    return secret{given};
}

result<ops::place> find_another_machine(ops::access_wish const& access) {
    auto token = token_for_another_machine(access);
    if (!token) return std::unexpected{token.error()};
    return ops::remote_place(access.url, access.ca_file, std::move(*token));
}

result<ops::place> find_this_machine(config::settings const& settings, ops::access_wish const& access) {
    if (!access.ca_file.empty()) return fail(errc::invalid, "--ca-file goes with --url");
    auto where = ops::local_place(settings);
    if (!where || access.token_file.empty()) return where;
    auto token = read_token(access.token_file);
    if (!token) return std::unexpected{token.error()};
    where->token = std::move(*token);
    return where;
}

int refuse(failure const& why) {
    fmt::print(stderr, "voicehook: {}\n", why.doing);
    return exit_refused;
}

}  // namespace

int health(std::string const& config_path) {
    auto const settings = load_or_complain(config_path);
    if (!settings) return exit_refused;
    auto const answer = ask_whether_alive(*settings);
    if (answer && answer->status == http_ok) {
        fmt::print("alive\n");
        return exit_ok;
    }
    fmt::print(stderr, "voicehook: not alive: {}\n",
               answer ? fmt::format("HTTP {}", answer->status) : answer.error().doing);
    return exit_failed;
}

int operate(std::string const& config_path, ops::chosen_command const& chosen) {
    auto where = result<ops::place>{};
    if (chosen.access.url.empty()) {
        auto const settings = load_or_complain(config_path);
        if (!settings) return exit_refused;
        where = find_this_machine(*settings, chosen.access);
    } else {
        where = find_another_machine(chosen.access);
    }
    if (!where) return refuse(where.error());
    if (where->token.empty())
        return refuse(
            {errc::invalid, fmt::format("ops.token is not set here: give it as {}, or --token-file", token_variable)});
    auto channel = ops::open_channel(std::move(*where));
    if (!channel) return refuse(channel.error());
    auto const terminal = ops::standard_screen();
    auto with = ops::conversation{**channel, *terminal, chosen.form};
    return chosen.run(with);
}

}  // namespace voicehook::app
