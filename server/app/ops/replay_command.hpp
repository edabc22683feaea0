// Delivers parked deliveries again in bulk: a dry run first, then only what was agreed to.
#pragma once

#include "app/ops/conversation.hpp"

#include <string>

namespace voicehook::app::ops {

enum class wait_for_end : unsigned char { no = 1, yes };

struct replay_wish {
    std::string sink, cause;                    ///< "" is every
    std::string created_after, created_before;  ///< RFC 3339, or an age such as "2h"
    std::string reason;
    bool confirmed{};  ///< nobody is asked
    wait_for_end waiting{wait_for_end::yes};
};

/// `exit_not_confirmed` when nobody agreed, `exit_conflict` when more is parked by now than was agreed to,
/// `exit_interrupted` when somebody stopped watching (it goes on), `exit_failed` when it was cancelled meanwhile.
int replay(conversation& with, replay_wish const& wish);

int cancel_replay(conversation& with, std::string const& id);

}  // namespace voicehook::app::ops
