// The shared store: PostgreSQL 15 or later, one connection that writes in groups, one that reads.
#pragma once

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "ports/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace voicehook::store::postgres {

/// What a server may be set to.
enum class durability : std::uint8_t {
    required = 1,  ///< a commit is on its disk: `fsync`, `full_page_writes` and `synchronous_commit` are on
    waived,        ///< whatever it is
};

struct postgres_settings {
    std::string url;    ///< a libpq URI; without `sslmode` only a local server is spoken to in clear
    secret password{};  ///< empty: the URI's, or what libpq finds (PGPASSFILE)
    durability commits{durability::required};
    /// The time that decides leases, from what a caller says that it is: for stores on made-up time. Without it the
    /// database's own clock does, which is the same for all replicas.
    std::function<instant(instant callers)> lease_time{};
    std::size_t max_queued{4096};  ///< operations waiting for the connection; more: `store_busy`
    std::size_t max_batch{64};     ///< operations per transaction
    duration patience{3s};         ///< how long a group, or a read, may take before the connection counts as lost
    duration startup{10s};         ///< how long `open` tries to connect
    /// Told after each commit, on the store's thread.
    std::function<void(std::chrono::microseconds took, std::size_t operations)> observe_commit;
};

/// Connects, checks and migrates. `store_unavailable`, `store_newer`: each says what to do. A database that goes away
/// later makes operations fail as `store_unavailable` until it is back; nothing needs a restart. A connection lost
/// while a commit was under way is made anew and asked what became of it before anybody gets an answer. Operations
/// resume their caller on `executor`, whose context must outlive the store.
[[nodiscard]] result<std::unique_ptr<ports::store>> open(asio::any_io_executor executor, postgres_settings settings);

/// Connects and looks, without changing anything: whether `open` would succeed.
[[nodiscard]] result<void> check(postgres_settings const& settings);

}  // namespace voicehook::store::postgres
