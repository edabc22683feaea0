#include "sinks/redis/verdict.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <array>

namespace voicehook::sinks::redis {
namespace {

using core::attempt_outcome;
using core::delivery_cause;
using hint = attempt_outcome::hint;

constexpr std::size_t shown_bytes = 200;

struct meaning {
    std::string_view begins;
    delivery_cause cause;
    std::string_view advice;
    hint then{hint::none};
};

/// The first that fits counts. Source: Redis 7.0, server.c (createSharedObjects), networking.c, cluster.c.
constexpr auto meanings = std::array{
    meaning{"NOAUTH", delivery_cause::unauthorized, "set password, and username for an ACL user"},
    meaning{"WRONGPASS", delivery_cause::unauthorized, "check username and password"},
    meaning{"NOPERM", delivery_cause::unauthorized, "let the user add to the stream: +xadd and ~stream"},
    meaning{"DENIED", delivery_cause::unauthorized, "the server is in protected mode and takes local clients only"},
    meaning{"ERR AUTH", delivery_cause::unauthorized, "the server has no password: remove it here, or set it there"},
    meaning{"ERR Client sent AUTH", delivery_cause::unauthorized, "the server has no password: remove it here"},
    meaning{"ERR invalid password", delivery_cause::unauthorized, "check password"},
    meaning{"WRONGTYPE", delivery_cause::unknown_target, "the key holds something else: use another for stream"},
    meaning{"ERR DB index", delivery_cause::unknown_target, "the server has no such database: check url"},
    meaning{"ERR invalid DB index", delivery_cause::unknown_target, "the server has no such database: check url"},
    meaning{"ERR SELECT is not allowed", delivery_cause::unknown_target, "a cluster has database 0 only"},
    meaning{"ERR unknown command", delivery_cause::unknown_target, "streams need Redis 5 or later"},
    meaning{"ERR Protocol error: invalid bulk length", delivery_cause::too_large,
            "more than the server takes (proto-max-bulk-len)", hint::park},
    meaning{"ERR Protocol error: invalid multibulk length", delivery_cause::protocol, ""},
    meaning{"ERR string exceeds maximum allowed size", delivery_cause::too_large,
            "more than the server takes (proto-max-bulk-len)", hint::park},
    meaning{"ERR Elements are too large", delivery_cause::too_large, "more than an entry can hold", hint::park},
    meaning{"MOVED", delivery_cause::unavailable, "a cluster is not supported: use one server for this stream"},
    meaning{"ASK", delivery_cause::unavailable, "a cluster is not supported: use one server for this stream"},
    meaning{"CROSSSLOT", delivery_cause::unavailable, "a cluster is not supported: use one server for this stream"},
    meaning{"READONLY", delivery_cause::unavailable, "this is a replica: url must name the primary"},
    meaning{"OOM", delivery_cause::unavailable, "the server's memory is full: max_length keeps a stream short"},
    meaning{"LOADING", delivery_cause::unavailable, ""},
    meaning{"BUSY", delivery_cause::unavailable, ""},
    meaning{"MASTERDOWN", delivery_cause::unavailable, ""},
    meaning{"CLUSTERDOWN", delivery_cause::unavailable, ""},
    meaning{"NOREPLICAS", delivery_cause::unavailable, ""},
    meaning{"TRYAGAIN", delivery_cause::unavailable, ""},
    meaning{"MISCONF", delivery_cause::unavailable, ""},
    meaning{"ERR max number of clients", delivery_cause::unavailable, ""},
};

/// Whether `text` begins with the words of `begins`: "BUSY" does not begin "BUSYGROUP".
bool begins_with(std::string_view text, std::string_view begins) {
    if (!text.starts_with(begins)) return false;
    return text.size() == begins.size() || text[begins.size()] == ' ' || begins.contains(' ');
}

}  // namespace

attempt_outcome outcome_of_error(std::string_view error) {
    auto const shown = printable(error, shown_bytes);
    for (auto const& each : meanings) {
        if (!begins_with(error, each.begins)) continue;
        auto answer = each.advice.empty() ? shown : fmt::format("{} ({})", shown, each.advice);
        return {.failed = each.cause, .answer = std::move(answer), .then = each.then};
    }
    return {.failed = delivery_cause::protocol, .answer = shown};
}

attempt_outcome outcome_of(reply const& answer, std::string_view stream) {
    switch (answer.is) {
        case reply::kind::text:
            return {.answer = fmt::format("entry {} of {}", printable(answer.text, shown_bytes),
                                          printable(stream, shown_bytes))};
        case reply::kind::error: return outcome_of_error(answer.text);
        case reply::kind::status:
        case reply::kind::integer:
        case reply::kind::nothing: break;
    }
    return {.failed = delivery_cause::protocol, .answer = "Redis answered XADD without the id of an entry"};
}

bool ends_connection(reply const& answer) {
    if (answer.is != reply::kind::error) return false;
    return begins_with(answer.text, "NOAUTH") || answer.text.starts_with("ERR Protocol error") ||
           answer.text.starts_with("ERR max number of clients") || begins_with(answer.text, "DENIED");
}

bool is_not_primary(reply const& answer) {
    if (answer.is != reply::kind::error) return false;
    return begins_with(answer.text, "READONLY") || begins_with(answer.text, "MASTERDOWN") ||
           begins_with(answer.text, "NOREPLICAS");
}

}  // namespace voicehook::sinks::redis
