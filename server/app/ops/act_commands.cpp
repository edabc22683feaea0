#include "app/ops/act_commands.hpp"

#include "app/commands.hpp"
#include "app/ops/terminal_text.hpp"
#include "base/encoding.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <string_view>

namespace voicehook::app::ops {
namespace {

constexpr std::string_view what_resubmit_means =
    "voicehook: resubmit sends the same request again under the same Idempotency-Key. A provider that has the task "
    "and\n"
    "still knows the key answers with that task. One that has it and forgot the key makes another: it is paid for "
    "twice.\n"
    "Look into the provider's console first; if the task is there, bind it. Else add --accept-double-payment.\n";

std::string reason_body(std::string const& reason) {
    wire::object_writer body;
    body.text("reason", reason);
    return std::move(body).finish();
}

int act(conversation& with, std::string path, std::string body, std::string_view sentence) {
    auto const done = ask(with, {.method = "POST", .path = std::move(path), .body = std::move(body)});
    if (!done) return done.error();
    if (with.for_programs())
        with.terminal.document(*done);
    else
        with.terminal.print(shown(sentence) + "\n");
    return exit_ok;
}

std::string sentence_for(resolve_wish const& wish) {
    if (wish.action == "query") return fmt::format("The provider is asked about {} now.", wish.task);
    if (wish.action == "fail") return fmt::format("{} ended as failed, and is delivered as such.", wish.task);
    if (wish.action == "cancel") return fmt::format("{} ended as cancelled, and is delivered as such.", wish.task);
    if (wish.action == "bind")
        return fmt::format("{} is the provider's {} from now on.", wish.task, wish.provider_task);
    if (wish.action == "uphold") return fmt::format("The delivered result of {} stands.", wish.task);
    return fmt::format(
        "{} is submitted again under the same Idempotency-Key: `voicehook ops task {}` shows what comes "
        "of it; look for a second task in the provider's console.",
        wish.task, wish.task);
}

}  // namespace

int retry_delivery(conversation& with, std::string const& id) {
    return act(with, "/ops/v1/deliveries/" + percent_encode(id) + "/retry", "{}",
               fmt::format("{} is delivered again, with the same id and the same bytes.", id));
}

int discard_delivery(conversation& with, std::string const& id, std::string const& reason) {
    return act(with, "/ops/v1/deliveries/" + percent_encode(id) + "/discard", reason_body(reason),
               fmt::format("{} is given up: its sink will not get it.", id));
}

int pause_sink(conversation& with, std::string const& name, std::string const& reason) {
    return act(with, "/ops/v1/sinks/" + percent_encode(name) + "/pause", reason_body(reason),
               fmt::format("{} is paused: what ends waits for it until `voicehook ops resume {}`.", name, name));
}

int resume_sink(conversation& with, std::string const& name) {
    return act(with, "/ops/v1/sinks/" + percent_encode(name) + "/resume", "{}",
               fmt::format("{} gets deliveries again, those that waited first.", name));
}

int resolve_task(conversation& with, resolve_wish const& wish) {
    if (wish.action == "resubmit" && !wish.accept_double_payment) {
        with.terminal.complain(what_resubmit_means);
        return exit_refused;
    }
    wire::object_writer body;
    body.text("action", wish.action).text("reason", wish.reason);
    if (!wish.provider_task.empty()) body.text("provider_task_id", wish.provider_task);
    if (wish.action == "resubmit") body.boolean("accept_double_payment", true);
    return act(with, "/ops/v1/tasks/" + percent_encode(wish.task) + "/resolve", std::move(body).finish(),
               sentence_for(wish));
}

}  // namespace voicehook::app::ops
