// The tables, and how a database gets to the version of this program.
#pragma once

#include "store/postgres/connection.hpp"

namespace voicehook::store::postgres {

/// The schema version that this program writes.
[[nodiscard]] int latest_version() noexcept;

/// The version of the database; 0 when it has none of our tables.
[[nodiscard]] int version_of(connection& database);

/// The oldest program, by its `latest_version`, that may work on the database as it is.
[[nodiscard]] int oldest_program_for(connection& database);

/// Brings the database to `latest_version`, each step in a transaction; of several programs that start at once one does
/// it and the others wait. Steps only add, so that programs of the version before go on meanwhile; what they cannot
/// live with raises `oldest_program`.
void migrate(connection& database);

}  // namespace voicehook::store::postgres
