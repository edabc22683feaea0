// The command line: what the words after `voicehook` lead to.
#include "app/commands.hpp"
#include "base/encoding.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <exception>
#include <functional>
#include <string>

namespace {

using namespace voicehook;

constexpr auto default_config = "/etc/voicehook/voicehook.toml";

/// The operations that are possible from the command line; `chosen` becomes the one that was asked for.
void add_operations(CLI::App& ops, app::operation& chosen) {
    ops.require_subcommand(1);
    auto const set = [&chosen](std::string method, std::string path, std::string body = {}) {
        chosen = {std::move(method), std::move(path), std::move(body)};
    };
    ops.add_subcommand("summary", "Counters, ages and conservation")->callback([set] {
        set("GET", "/ops/v1/summary");
    });
    ops.add_subcommand("parked", "Parked deliveries")->callback([set] { set("GET", "/ops/v1/deliveries"); });

    static std::string id, reason, action, provider_task;
    auto* const task = ops.add_subcommand("task", "One task with its timeline, by our id or the provider's");
    task->add_option("id", id)->required();
    task->callback([set] { set("GET", "/ops/v1/tasks/" + percent_encode(id)); });

    auto* const resolve = ops.add_subcommand("resolve", "Move a task that nothing else moves (resubmit can pay twice)");
    resolve->add_option("id", id)->required();
    resolve->add_option("action", action)
        ->required()
        ->check(CLI::IsMember({"fail", "cancel", "bind", "resubmit", "uphold", "query"}));
    resolve->add_option("--reason", reason, "Stands on the timeline");
    resolve->add_option("--provider-task", provider_task, "The provider's id, to bind");
    resolve->callback([set] {
        wire::object_writer body;
        body.text("action", action).text("reason", reason);
        if (!provider_task.empty()) body.text("provider_task_id", provider_task);
        set("POST", "/ops/v1/tasks/" + percent_encode(id) + "/resolve", std::move(body).finish());
    });

    auto const with_reason = [] {
        wire::object_writer body;
        body.text("reason", reason);
        return std::move(body).finish();
    };
    auto* const retry = ops.add_subcommand("retry", "Deliver a parked delivery again");
    retry->add_option("id", id)->required();
    retry->callback([set] { set("POST", "/ops/v1/deliveries/" + percent_encode(id) + "/retry"); });

    auto* const discard = ops.add_subcommand("discard", "Give a parked delivery up");
    discard->add_option("id", id)->required();
    discard->add_option("--reason", reason)->required();
    discard->callback(
        [set, with_reason] { set("POST", "/ops/v1/deliveries/" + percent_encode(id) + "/discard", with_reason()); });

    auto* const pause = ops.add_subcommand("pause", "Deliver nothing to a sink until it is resumed");
    pause->add_option("sink", id)->required();
    pause->add_option("--reason", reason)->required();
    pause->callback(
        [set, with_reason] { set("POST", "/ops/v1/sinks/" + percent_encode(id) + "/pause", with_reason()); });

    auto* const resume = ops.add_subcommand("resume", "Deliver to a paused sink again");
    resume->add_option("sink", id)->required();
    resume->callback([set] { set("POST", "/ops/v1/sinks/" + percent_encode(id) + "/resume"); });
}

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

    app::operation chosen;
    auto* const ops = program.add_subcommand("ops", "Look at and act on a running service through its ops listener");
    add_operations(*ops, chosen);
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
