// The PostgreSQL database of the tests, which VOICEHOOK_TEST_POSTGRES names.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/postgres/create.hpp"

#include <cstdint>
#include <string>

namespace voicehook::contract {

/// Throws when there is none: run the tests by `tests/support/with_postgres`.
[[nodiscard]] store::postgres::address test_database();

/// A connection for what a test does behind a store's back.
[[nodiscard]] store::postgres::connection somebody();

/// No rows, and no schema that this program does not have.
void empty_database();
/// Without our schema.
void drop_schema();

/// The settings of a store on the times that tests make up, over a server that need not keep anything.
[[nodiscard]] store::postgres::postgres_settings on_made_up_time();

/// The one number that a statement gives.
[[nodiscard]] std::int64_t number(std::string const& sql);

}  // namespace voicehook::contract
