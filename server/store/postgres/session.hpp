// A connection that is ready for work, and is made anew when it was lost.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/postgres/create.hpp"
#include "store/postgres/postgres_rows.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace voicehook::store::postgres {

/// A connection and the rows behind it.
struct session {
    session(postgres_settings const& settings, deadline until);

    connection database;
    postgres_rows table;
};

/// Throws `database_error` (`refused`) when the server does not keep what it commits, or only reads.
void check_server(connection& database, durability commits);

/// Throws likewise when the tables are not for this program.
void check_tables(connection& database);

/// Keeps one session. After a failed attempt to connect, further ones wait a little, and whoever asks meanwhile gets
/// the failure at once: a database that is gone must not make a queue wait for it, operation by operation.
class session_keeper {
public:
    /// `what` stands in the log; for `stop` see connection::interrupt_when.
    session_keeper(postgres_settings const& settings, std::string_view what, std::function<bool()> stop = {})
        : settings_{settings}, what_{what}, stop_{std::move(stop)} {}

    /// The session, connected if it is not. Throws `database_error` of kind `lost` when that fails.
    [[nodiscard]] session& get(deadline until);
    /// The connection is of no more use.
    void drop(std::string_view why);
    void close() noexcept { current_.reset(); }

private:
    postgres_settings const& settings_;
    std::string_view what_;
    std::function<bool()> stop_;
    std::unique_ptr<session> current_;
    std::chrono::steady_clock::time_point next_attempt_{};
    std::string last_failure_;
    bool told_{};  ///< that it is gone
};

}  // namespace voicehook::store::postgres
