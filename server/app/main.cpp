// The command line: what the words after `voicehook` lead to.
#include "app/commands.hpp"
#include "app/ops/arguments.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <exception>
#include <string>

namespace {

using namespace voicehook;

constexpr auto default_config = "/etc/voicehook/voicehook.toml";

int run(int argc, char** argv) {
    CLI::App program{"Durable gateway between callers, the EvoLink voice-design provider and result sinks.",
                     "voicehook"};
    program.require_subcommand(1);
    program.fallthrough();
    std::string config = default_config;
    program.add_option("--config", config, "The configuration file")
        ->capture_default_str()
        ->envname("VOICEHOOK_CONFIG");

    int exit_code = app::exit_ok;
    program.add_subcommand("serve", "Run the service until SIGTERM")->final_callback([&] {
        exit_code = app::serve(config);
    });

    auto* const check = program.add_subcommand("check", "Validate the configuration and print it without secrets");
    bool connect = false;
    check->add_flag("--connect", connect, "Also try provider, store and sinks");
    check->final_callback([&] { exit_code = app::check(config, connect ? app::connect::yes : app::connect::no); });

    auto* const keygen = program.add_subcommand("keygen", "Make an API key for a caller");
    std::string caller;
    keygen->add_option("--caller", caller, "The caller's name: letters, digits, '_', '.', '-'")->required();
    keygen->final_callback([&] { exit_code = app::keygen(caller); });

    program.add_subcommand("health", "Ask the running service whether it is alive")->final_callback([&] {
        exit_code = app::health(config);
    });

    app::ops::chosen_command chosen;
    auto* const ops = program.add_subcommand("ops", "Look at and act on a running service through its ops listener");
    app::ops::add_commands(*ops, chosen);
    ops->final_callback([&] { exit_code = app::operate(config, chosen); });

    program.add_subcommand("version", "Print the version")->final_callback([] {
        fmt::print("voicehook {}\n", VOICEHOOK_VERSION);
    });

    try {
        program.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        auto const shown = program.exit(error);
        return shown == 0 ? app::exit_ok : app::exit_refused;
    }
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (std::exception const& error) {
        fmt::print(stderr, "voicehook: {}\n", error.what());
        return voicehook::app::exit_failed;
    }
}
