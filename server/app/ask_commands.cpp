// The subcommands that ask a running service.
#include "app/commands.hpp"
#include "app/local_request.hpp"

#include <fmt/format.h>

namespace voicehook::app {
namespace {

constexpr int http_ok = 200;

}  // namespace

int health(std::string const& config_path) {
    auto const settings = load_or_complain(config_path);
    if (!settings) return exit_refused;
    auto const answer = ask_ops(*settings, "GET", "/livez", {});
    if (answer && answer->status == http_ok) {
        fmt::print("alive\n");
        return exit_ok;
    }
    fmt::print(stderr, "voicehook: not alive: {}\n",
               answer ? fmt::format("HTTP {}", answer->status) : answer.error().doing);
    return exit_failed;
}

int operate(std::string const& config_path, operation const& what) {
    auto const settings = load_or_complain(config_path);
    if (!settings) return exit_refused;
    if (settings->ops.token.empty()) {
        fmt::print(stderr, "voicehook: ops.token is not set here: give it as VOICEHOOK__OPS__TOKEN\n");
        return exit_refused;
    }
    auto const answer = ask_ops(*settings, what.method, what.path, what.body);
    if (!answer) {
        fmt::print(stderr, "voicehook: {}\n", answer.error().doing);
        return exit_failed;
    }
    auto const good = answer->status == http_ok;
    fmt::print(good ? stdout : stderr, "{}\n", answer->body);
    return good ? exit_ok : exit_failed;
}

}  // namespace voicehook::app
