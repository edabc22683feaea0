// One connection to PostgreSQL, every wait of which has an end but for libpq's own look-up of a host's name, which goes
// by resolv.conf. One thread at a time.
#pragma once

#include "base/deadline.hpp"
#include "base/secret.hpp"
#include "store/postgres/database_error.hpp"
#include "store/postgres/parameters.hpp"
#include "store/postgres/result_rows.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace voicehook::store::postgres {

/// Where the database is and who asks.
struct address {
    std::string url;  ///< a libpq URI
    secret password;  ///< empty: the URI's, or what libpq finds by itself
};

/// Whether the server takes connections: who cannot connect then need not try again. At most 2 s.
[[nodiscard]] bool takes_connections(address const& where);

/// A statement and its values. It is compiled once per connection, under its text.
struct request {
    std::string sql;
    parameters values{};
};

/// Throws `database_error`; after one of kind `lost` it is of no more use.
class connection {
public:
    /// Connects and makes the session ready: our schema first, what is silent in a transaction is ended by the server.
    connection(address const& where, deadline until);

    /// Every wait ends then, as `lost`.
    void wait_until(deadline until) noexcept { until_ = until; }
    /// Asked while it waits, at least every 100 ms: true ends the wait, as `lost`.
    void interrupt_when(std::function<bool()> stop) { interrupted_ = std::move(stop); }

    /// Runs it before the next statement, in the same exchange, and forgets what it gives.
    void begin_with(request first) { first_ = std::move(first); }
    /// Whether that is still to come; no more afterwards.
    [[nodiscard]] bool nothing_followed() noexcept { return std::exchange(first_, std::nullopt).has_value(); }
    /// Runs the statements in order with one wait for all of them. The first error ends the rest, and is thrown.
    std::vector<result_rows> run(std::vector<request> requests);
    result_rows run(request one);
    /// Runs a script of statements without values and forgets what they give.
    void execute(std::string const& script);

    [[nodiscard]] bool in_transaction() const noexcept;

private:
    struct closed {
        void operator()(pg_conn* handle) const noexcept;
    };
    struct cleared {
        void operator()(pg_result* result) const noexcept;
    };
    using owned_result = std::unique_ptr<pg_result, cleared>;
    struct answer {
        owned_result result;
        bool is_good{};
        std::optional<database_error> error{};
    };

    void connect(address const& where);
    void connect(address const& where, char const* encryption, std::string const& host, std::string const& port);
    void compile(request const& each);
    void send(request const& each);
    void wait_for(int events);
    void flush();
    [[nodiscard]] owned_result next_result();
    [[nodiscard]] answer next_answer(std::string_view sql);
    [[noreturn]] void throw_lost(std::string_view doing) const;
    void must(int accepted) const;

    std::unique_ptr<pg_conn, closed> handle_;
    deadline until_;
    std::function<bool()> interrupted_;
    std::optional<request> first_;
    std::unordered_map<std::string, std::string> names_;  ///< of compiled statements, by their text
    std::uint64_t named_{};
};

}  // namespace voicehook::store::postgres
