#include "app/commands.hpp"

#include "app/service.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "config/load.hpp"
#include "wire/digest.hpp"

#include <fmt/format.h>

#include <csignal>

namespace voicehook::app {

std::optional<config::settings> load_or_complain(std::string const& config_path) {
    auto loaded = config::load(config_path, config::process_environment());
    if (loaded) return std::move(*loaded);
    for (auto const& complaint : loaded.error()) fmt::print(stderr, "{}\n", complaint);
    return std::nullopt;
}

int serve(std::string const& config_path) {
    std::signal(SIGPIPE, SIG_IGN);
    auto settings = load_or_complain(config_path);
    if (!settings) return exit_refused;
    set_log_level(settings->server.level);
    auto made = service::create(std::move(*settings), config_path);
    if (!made) {
        fmt::print(stderr, "voicehook: not started: {}\n", made.error().doing);
        return exit_refused;
    }
    return (*made)->run();
}

int keygen(std::string const& caller) {
    constexpr std::size_t key_bytes = 32;
    auto const key = "vh_" + to_base64url(random_bytes(key_bytes));
    fmt::print("# The API key of {}. It is shown once; hand it to the caller:\n{}\n\n", caller, key);
    fmt::print("# For the configuration:\n[[callers]]\nname = \"{}\"\nkey_sha256 = [\"{}\"]\n", caller,
               wire::sha256_hex(key));
    return exit_ok;
}

}  // namespace voicehook::app
