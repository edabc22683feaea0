// What goes wrong with PostgreSQL, by what can be done about it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace voicehook::store::postgres {

/// What an error leaves to do.
enum class trouble : std::uint8_t {
    lost = 1,   ///< the connection is gone or silent: nothing was committed unless COMMIT was on its way
    collision,  ///< with another transaction: the same once more may succeed
    locked,     ///< somebody has a row and does not let it go
    full,       ///< the server's disk is full
    refused,    ///< the server will not have us: rights, database, password
    other,
};

/// An error with its SQLSTATE, empty where there is none. The text names no values: they may be a caller's.
class database_error : public std::runtime_error {
public:
    database_error(trouble kind, std::string state, std::string const& what)
        : std::runtime_error{what}, kind_{kind}, state_{std::move(state)} {}

    [[nodiscard]] trouble kind() const noexcept { return kind_; }
    [[nodiscard]] std::string const& state() const noexcept { return state_; }

private:
    trouble kind_;
    std::string state_;
};

/// What a SQLSTATE (PostgreSQL's appendix A) means for us.
[[nodiscard]] trouble trouble_of(std::string_view state) noexcept;

}  // namespace voicehook::store::postgres
