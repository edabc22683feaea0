// Expected failures are values: what kind, and what we were doing.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace voicehook {

/// Kinds of expected failure. Callers of a function switch on these; people read `failure::doing`.
enum class errc : std::uint8_t {
    store_unavailable = 1,  ///< the store did not take it: try later
    store_full,             ///< disk full: refuse, heal by itself
    store_failed,           ///< a commit or sync failed for good: only a new process helps
    store_busy,             ///< the bounded queue is full: try later
    store_corrupt,          ///< the data is damaged: do not start
    store_newer,            ///< written by a newer version
    store_held,             ///< another process holds it
    not_found,
    conflict,    ///< the thing is not in a state that allows this
    lease_lost,  ///< somebody else owns it by now: drop the outcome
    invalid,     ///< bad input
    refused,     ///< the peer refused the connection
    dns,
    tls,
    timeout,
    reset,       ///< the connection ended before the answer
    protocol,    ///< the peer's bytes are not what they must be
    too_large,   ///< over a limit
    forbidden,   ///< an address we must not connect to
    unreadable,  ///< a file or certificate cannot be read
    stopping,    ///< the service is shutting down
};

/// Kebab-free name of a kind, for logs and metrics: "store_unavailable".
[[nodiscard]] std::string_view to_text(errc code) noexcept;

/// An expected failure. `doing` is for us and may name internals; it never holds a secret or a callback token.
struct failure {
    errc code{};
    std::string doing;
};

template <class T>
using result = std::expected<T, failure>;

using std::unexpected;

/// Shorthand for the failing return: `return fail(errc::dns, "resolve api.evolink.ai");`
[[nodiscard]] inline std::unexpected<failure> fail(errc code, std::string doing) {
    return std::unexpected{failure{code, std::move(doing)}};
}

/// Adds what the caller was doing in front of what the callee was doing.
[[nodiscard]] std::unexpected<failure> fail(failure inner, std::string_view doing);

}  // namespace voicehook
