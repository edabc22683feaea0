// Everything between a path and a store that may be used: lock, check, migration, leases.
#pragma once

#include "base/failure.hpp"
#include "base/time.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/file_guard.hpp"

#include <memory>
#include <optional>
#include <string>

namespace voicehook::store::sqlite {

struct opened_database {
    file_lock lock;
    std::unique_ptr<database> for_writing;
    std::unique_ptr<database> for_reading;
};

/// Failures and duties: see `open` in create.hpp.
[[nodiscard]] result<opened_database> open_database(std::string const& path, std::optional<duration> lost_replay_after,
                                                    instant now);

}  // namespace voicehook::store::sqlite
