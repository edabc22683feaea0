// Goes through the pages of a list.
#pragma once

#include "app/ops/conversation.hpp"
#include "app/ops/read_commands.hpp"
#include "app/ops/table.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::app::ops {

/// A list of the API.
struct list_request {
    std::string path;
    std::vector<std::pair<std::string_view, std::string>> filters;
    std::string nothing;  ///< what is said when it is empty
    std::function<table(std::vector<json_part> const&, instant)> table_of;
    int exit_when_empty{};
};

/// Prints up to `wish.limit` lines, or all, following `next_cursor`; page by page, so that a long list takes little
/// memory. For programs it is one document {"data":[…],"next_cursor":…}, and with one page the API's own, unchanged.
int print_list(conversation& with, list_request const& what, list_wish const& wish);

}  // namespace voicehook::app::ops
