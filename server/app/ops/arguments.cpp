#include "app/ops/arguments.hpp"

#include "app/ops/act_commands.hpp"
#include "app/ops/backup_command.hpp"
#include "app/ops/read_commands.hpp"
#include "app/ops/replay_command.hpp"
#include "app/ops/tail_command.hpp"

#include <memory>

namespace voicehook::app::ops {
namespace {

constexpr auto exit_codes =
    "Exit codes: 0 fine; 1 the service did not answer, or something went wrong; 2 the command or the configuration is "
    "wrong, or the token is not taken; 3 `summary --check` found something late, lost, waiting or unknown; 4 there is "
    "no "
    "such thing; 5 its state does not allow it; 6 nobody agreed, nothing was done; 130 interrupted.";

/// Adds commands one by one; what each needs lives as long as its callback.
class menu {
public:
    menu(CLI::App& ops, chosen_command& chosen) : ops_{ops}, chosen_{chosen} {}

    /// A command whose options are bound to `wish`.
    template <class Wish>
    CLI::App& add(std::string name, std::string description, std::shared_ptr<Wish> wish,
                  std::function<int(conversation&, Wish const&)> run) {
        auto* const command = ops_.add_subcommand(std::move(name), std::move(description));
        command->callback([&chosen = chosen_, wish, run = std::move(run)] {
            chosen.run = [wish, run](conversation& with) { return run(with, *wish); };
        });
        return *command;
    }

private:
    CLI::App& ops_;
    chosen_command& chosen_;
};

void add_list_options(CLI::App& command, list_wish& wish) {
    command.add_option("--limit", wish.limit, "How many lines")->check(CLI::PositiveNumber)->capture_default_str();
    command.add_flag("--all", wish.all, "Every line, however many");
    command.add_option("--cursor", wish.cursor, "Go on where an earlier list ended");
}

void add_time_options(CLI::App& command, std::string& after, std::string& before) {
    command.add_option("--created-after", after, "A time (2026-04-02T10:00:00Z) or an age (90s, 15m, 2h, 3d)");
    command.add_option("--created-before", before, "The same");
}

void add_summary(menu& commands) {
    auto const wish = std::make_shared<summary_wish>();
    auto& command = commands.add<summary_wish>("summary", "Is anything late or lost? Figures, ages, conservation", wish,
                                               show_summary);
    command.add_flag("--check", wish->check, "Exit with 3 when anything is late, lost, waiting or unknown");
    command.add_flag("--audit", wish->audit, "Count every row again (slow on a big store)");
}

void add_tasks(menu& commands) {
    auto const wish = std::make_shared<tasks_wish>();
    auto& list =
        commands.add<tasks_wish>("tasks", "Tasks, newest first, or the one with an id of any kind", wish, list_tasks);
    list.add_option("id", wish->any_id, "Our id, the provider's, an Idempotency-Key, a webhook-id or a trace id");
    list.add_option("--caller", wish->caller, "Of this caller");
    list.add_option("--stage", wish->stage, "queued, submitting, unknown, in_flight or ended");
    list.add_option("--status", wish->status, "pending, processing, completed, failed or cancelled");
    add_time_options(list, wish->created_after, wish->created_before);
    add_list_options(list, wish->list);

    struct task_wish {
        std::string id;
        task_extras extras;
    };
    auto const one = std::make_shared<task_wish>();
    auto& task = commands.add<task_wish>(
        "task", "One task with its timeline and deliveries", one,
        [](conversation& with, task_wish const& what) { return show_task(with, what.id, what.extras); });
    task.add_option("id", one->id, "Our id or the provider's")->required();
    task.add_flag("--bodies", one->extras.bodies, "Also what was sent and answered");
    task.add_flag("--curl", one->extras.curl, "Also the request as a curl command, without secrets");
}

void add_deliveries(menu& commands) {
    auto const any = std::make_shared<deliveries_wish>();
    auto& list = commands.add<deliveries_wish>("deliveries", "Deliveries, newest first", any, list_deliveries);
    list.add_option("--state", any->state, "pending, delivering, delivered, parked (default) or discarded");
    auto const parked = std::make_shared<deliveries_wish>();
    auto& waiting = commands.add<deliveries_wish>(
        "parked", "Parked deliveries: totals by sink and cause, then the list", parked, list_parked);
    for (auto const& [command, wish] : {std::pair{&list, any}, std::pair{&waiting, parked}}) {
        command->add_option("--sink", wish->sink, "Of this sink");
        command->add_option("--cause", wish->cause, "That failed for this cause");
        add_list_options(*command, wish->list);
    }
}

void add_replay(menu& commands) {
    struct replay_order {
        replay_wish what;
        std::string cancel;
        bool no_wait{};
    };
    auto const order = std::make_shared<replay_order>();
    auto& command = commands.add<replay_order>(
        "replay", "Deliver parked deliveries again in bulk: a dry run first, then a question", order,
        [](conversation& with, replay_order const& given) {
            if (!given.cancel.empty()) return cancel_replay(with, given.cancel);
            auto what = given.what;
            what.waiting = given.no_wait ? wait_for_end::no : wait_for_end::yes;
            return replay(with, what);
        });
    command.add_option("--sink", order->what.sink, "Only of this sink");
    command.add_option("--cause", order->what.cause, "Only those parked for this cause");
    add_time_options(command, order->what.created_after, order->what.created_before);
    command.add_option("--reason", order->what.reason, "Why: stands in the record of actions (required)");
    command.add_flag("--yes", order->what.confirmed, "Start without being asked");
    command.add_flag("--no-wait", order->no_wait, "Do not wait for its end");
    command.add_option("--cancel", order->cancel, "Stop the replay with this id instead");

    struct replays_wish {
        std::string id;
        list_wish list;
    };
    auto const wish = std::make_shared<replays_wish>();
    auto& list = commands.add<replays_wish>(
        "replays", "Replays that run or ran", wish,
        [](conversation& with, replays_wish const& what) { return show_replays(with, what.id, what.list); });
    list.add_option("id", wish->id, "Only this one");
    add_list_options(list, wish->list);
}

void add_single_deliveries(menu& commands) {
    struct delivery_order {
        std::string id;
        std::string reason;
    };
    auto const again = std::make_shared<delivery_order>();
    commands
        .add<delivery_order>(
            "retry", "Deliver one parked delivery again", again,
            [](conversation& with, delivery_order const& order) { return retry_delivery(with, order.id); })
        .add_option("id", again->id, "The delivery's")
        ->required();
    auto const given_up = std::make_shared<delivery_order>();
    auto& discard = commands.add<delivery_order>(
        "discard", "Give one parked delivery up", given_up,
        [](conversation& with, delivery_order const& order) { return discard_delivery(with, order.id, order.reason); });
    discard.add_option("id", given_up->id, "The delivery's")->required();
    discard.add_option("--reason", given_up->reason, "Why")->required();
}

void add_sinks(menu& commands) {
    struct sink_order {
        std::string name;
        std::string reason;
    };
    auto const stop = std::make_shared<sink_order>();
    auto& pause = commands.add<sink_order>(
        "pause", "Deliver nothing to a sink until it is resumed", stop,
        [](conversation& with, sink_order const& order) { return pause_sink(with, order.name, order.reason); });
    pause.add_option("sink", stop->name)->required();
    pause.add_option("--reason", stop->reason, "Why")->required();
    auto const go = std::make_shared<sink_order>();
    commands
        .add<sink_order>("resume", "Deliver to a paused sink again", go,
                         [](conversation& with, sink_order const& order) { return resume_sink(with, order.name); })
        .add_option("sink", go->name)
        ->required();
}

void add_resolve(menu& commands) {
    auto const order = std::make_shared<resolve_wish>();
    auto& command = commands.add<resolve_wish>(
        "resolve", "Move a task that nothing else moves (resubmit can pay twice)", order, resolve_task);
    command.add_option("id", order->task, "Our id or the provider's")->required();
    command.add_option("action", order->action, "query, fail, cancel, bind, resubmit or uphold")
        ->required()
        ->check(CLI::IsMember({"fail", "cancel", "bind", "resubmit", "uphold", "query"}));
    command.add_option("--reason", order->reason, "Stands on the timeline");
    command.add_option("--provider-task", order->provider_task, "The provider's id, to bind");
    command.add_flag("--accept-double-payment", order->accept_double_payment,
                     "For resubmit: the provider may make, and bill, a second task");
}

void add_backup(menu& commands) {
    struct backup_order {
        bool no_wait{};
        bool status{};
    };
    auto const order = std::make_shared<backup_order>();
    auto& command =
        commands.add<backup_order>("backup", "Copy the store while it runs, and verify the copy", order,
                                   [](conversation& with, backup_order const& given) {
                                       if (given.status) return show_backups(with);
                                       return make_backup(with, given.no_wait ? wait_for_end::no : wait_for_end::yes);
                                   });
    command.add_flag("--no-wait", order->no_wait, "Do not wait for its end");
    command.add_flag("--status", order->status, "Start nothing: show the running and the last one");
}

void add_records(menu& commands) {
    auto const wish = std::make_shared<list_wish>();
    add_list_options(commands.add<list_wish>("actions", "Who did what, newest first", wish, list_actions), *wish);
    struct nothing {};
    commands.add<nothing>("tail", "Follow what happens, until Ctrl-C", std::make_shared<nothing>(),
                          [](conversation& with, nothing const&) { return tail(with); });
}

}  // namespace

void add_commands(CLI::App& ops, chosen_command& chosen) {
    ops.require_subcommand(1);
    ops.footer(exit_codes);
    ops.add_flag_callback("--json", [&chosen] { chosen.form = output::json; }, "The API's JSON, for programs");
    ops.add_option("--url", chosen.access.url, "Ask another machine: https://host:port, its certificate verified");
    ops.add_option("--token-file", chosen.access.token_file,
                   "The operator token (else ops.token of the configuration, or VOICEHOOK__OPS__TOKEN)");
    ops.add_option("--ca-file", chosen.access.ca_file, "With --url: more certificates to trust");
    auto commands = menu{ops, chosen};
    add_summary(commands);
    add_tasks(commands);
    add_deliveries(commands);
    add_replay(commands);
    add_single_deliveries(commands);
    add_sinks(commands);
    add_resolve(commands);
    add_backup(commands);
    add_records(commands);
}

}  // namespace voicehook::app::ops
