#include "store/sql/operator_columns.hpp"

#include <fmt/format.h>

namespace voicehook::store::sql {

std::string select_replays(std::string_view rest) {
    return fmt::format("SELECT {} FROM replay {}", names_of_columns(replay_columns), rest);
}

}  // namespace voicehook::store::sql
