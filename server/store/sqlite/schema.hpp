// The tables, and how older ones become them: forward only, one step per version, each in one transaction.
#pragma once

#include "store/sqlite/database.hpp"

namespace voicehook::store::sqlite {

/// What a file is before it is used.
enum class file_origin : unsigned char {
    empty = 1,  ///< new
    ours,       ///< this or an older version
    newer,      ///< written by a newer version
    foreign,    ///< another program's database
};
[[nodiscard]] file_origin origin_of(database& connection);

/// Brings the file to `latest_version()`. Writes nothing if it is there already.
void migrate(database& connection);

[[nodiscard]] int version_of(database& connection);
[[nodiscard]] int latest_version() noexcept;

}  // namespace voicehook::store::sqlite
