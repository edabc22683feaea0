// Makes the sinks that the configuration names.
#pragma once

#include "base/secret.hpp"
#include "client/http_client.hpp"
#include "core/host_list.hpp"
#include "ports/clock.hpp"
#include "ports/sink.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::sinks {

/// A header that the operator wants in every request; its value may be a key.
struct extra_header {
    std::string name;
    secret value;
};

struct http_sink_settings {
    sink_name name;
    std::string url;
    std::vector<secret> signing_keys;  ///< key bytes; each signs; none: not signed
    secret authorization;              ///< the value of Authorization; empty: none
    std::vector<extra_header> headers;
    std::optional<client::egress_proxy> proxy;
    duration timeout{15s};
    std::size_t max_in_flight{32};
};

/// POSTs each delivery with Standard Webhooks headers. 2xx delivered; 410 pauses; 3xx never followed; 429 and 503
/// honour Retry-After (contract, "Sinks"). `http` and `clock` must outlive it.
[[nodiscard]] std::unique_ptr<ports::sink> create_http_sink(client::http_client& http, ports::clock const& clock,
                                                            http_sink_settings settings);

/// The sink of every caller's own `callback_url`: https only, hosts that `allowed` allows, resolved addresses guarded
/// (unless `guard` allows internal ones, for local runs), signed when `key_of` gives a key for the caller. What goes
/// elsewhere is parked as `forbidden`. Its destinations are hosts with their ports.
struct callback_url_settings {
    std::function<secret(caller_name const&)> key_of;
    client::address_guard guard{client::address_guard::refuse_internal};
    core::host_list allowed;
    duration timeout{15s};
    std::size_t max_in_flight{32};
};
[[nodiscard]] std::unique_ptr<ports::sink> create_callback_url_sink(client::http_client& http,
                                                                    ports::clock const& clock,
                                                                    callback_url_settings settings);

/// Keeps what completed results link to (`destination`), one file a task: `<folder>/<day of its end>/<task><ending>`.
struct artifact_settings {
    std::string folder;
    std::vector<std::string> hosts;  ///< as core::host_list
    std::size_t max_size{64 * 1024 * 1024};
    duration timeout{5min};
    std::size_t max_in_flight{4};
    client::address_guard guard{client::address_guard::refuse_internal};
};

/// Streams with https only, no redirects, and at most `max_size` bytes to a file that is there whole or not at all;
/// what was kept (name, size, media type, SHA-256) is the attempt's answer. Links that may not be followed and files
/// that are too large are parked. `unreadable` when the folder cannot be made or written to. `http` must outlive it.
[[nodiscard]] result<std::unique_ptr<ports::sink>> create_artifact_sink(client::http_client& http,
                                                                        artifact_settings settings);

struct file_sink_settings {
    sink_name name;
    std::string path;  ///< "-": standard output
    std::size_t rotate_at{256 * 1024 * 1024};
    duration timeout{30s};  ///< for a delivery to be written; a disk that hangs can take longer
};

/// Appends one line per delivery and syncs before it counts; line breaks inside the body become spaces. At `rotate_at`
/// bytes the file moves to `<path>.<UTC time>` first. Writes on a thread of its own, so that a file that hangs delays
/// no other sink. The file is made by the first delivery; `unreadable` when it cannot be made or appended to.
[[nodiscard]] result<std::unique_ptr<ports::sink>> create_file_sink(ports::clock const& clock,
                                                                    file_sink_settings settings);

}  // namespace voicehook::sinks
