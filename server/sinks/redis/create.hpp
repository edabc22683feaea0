// Makes the sink that adds each delivery to a Redis stream.
#pragma once

#include "async/resolver_pool.hpp"
#include "base/secret.hpp"
#include "ports/sink.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::sinks {

struct redis_sink_settings {
    sink_name name;
    std::string host;
    std::uint16_t port{6379};
    std::uint32_t database{};
    std::shared_ptr<boost::asio::ssl::context> tls;  ///< nothing: without TLS
    std::string username;                            ///< empty: the default user
    secret password;                                 ///< empty: no login
    std::string stream;
    std::uint64_t max_length{};  ///< about so many entries stay; 0: all
    duration timeout{15s};
    std::size_t max_in_flight{32};
};

/// One entry per delivery: `id`, `type`, `content_type`, `traceparent`, `ce_…` for binary CloudEvents, and `data`.
/// Delivered when Redis answered with the entry's id. An answer that is lost may leave a second entry with the same
/// `id`: Redis cannot know better. `resolver` and `metrics` must outlive it; without `metrics` nobody is told.
[[nodiscard]] std::unique_ptr<ports::sink> create_redis_sink(asio::any_io_executor executor,
                                                             async::resolver_pool& resolver,
                                                             telemetry::metrics* metrics, redis_sink_settings settings);

}  // namespace voicehook::sinks
