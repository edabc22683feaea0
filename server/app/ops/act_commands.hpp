// The commands that change one thing: each acts, says in a sentence what was done, and returns its exit code.
#pragma once

#include "app/ops/conversation.hpp"

#include <string>

namespace voicehook::app::ops {

int retry_delivery(conversation& with, std::string const& id);
int discard_delivery(conversation& with, std::string const& id, std::string const& reason);
int pause_sink(conversation& with, std::string const& name, std::string const& reason);
int resume_sink(conversation& with, std::string const& name);

struct resolve_wish {
    std::string task;
    std::string action;  ///< query, fail, cancel, bind, resubmit or uphold
    std::string reason;
    std::string provider_task;  ///< for bind
    bool accept_double_payment{};
};
/// `exit_refused` for a resubmit that does not accept what it may cost.
int resolve_task(conversation& with, resolve_wish const& wish);

}  // namespace voicehook::app::ops
