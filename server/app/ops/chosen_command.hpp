// What the command line asked for.
#pragma once

#include "app/ops/conversation.hpp"

#include <functional>
#include <string>

namespace voicehook::app::ops {

/// Which service is asked, and as whom. Without a URL it is the one that the configuration describes.
struct access_wish {
    std::string url;
    std::string token_file;
    std::string ca_file;
};

/// One command with its options, ready to run.
struct chosen_command {
    access_wish access;
    output form{output::people};
    std::function<int(conversation&)> run;
};

}  // namespace voicehook::app::ops
