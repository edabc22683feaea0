// Where episodes keep their tasks: what outlives the processes.
#pragma once

#include "life.hpp"
#include "ports/store.hpp"
#include "world.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace voicehook::simulation {

/// For one episode after the other. Every store that it opened must be gone before the next begins.
class storage {
public:
    virtual ~storage() = default;
    /// Forgets everything. The world must outlive the episode.
    virtual void begin(world& around) = 0;
    /// One process's way to it, for as long as it lives; dropped without being closed when it dies.
    [[nodiscard]] virtual std::unique_ptr<ports::store> open(life& process) = 0;
    /// Ends every session with the database, if there are such things; processes are not told.
    virtual void end_sessions() {}
    /// The way of whoever looks from outside.
    [[nodiscard]] virtual std::unique_ptr<ports::store> open(asio::io_context& io) = 0;
};

/// `number` tells those apart that are used at the same time. PostgreSQL: in databases of their own on the server that
/// VOICEHOOK_TEST_POSTGRES names; throws when there is none.
[[nodiscard]] std::unique_ptr<storage> make_storage(store_kind kind, std::size_t number = 0);

[[nodiscard]] std::unique_ptr<storage> make_memory_storage();
[[nodiscard]] std::unique_ptr<storage> make_sqlite_storage();
[[nodiscard]] std::unique_ptr<storage> make_postgres_storage(std::string const& server_url, std::size_t number);

}  // namespace voicehook::simulation
