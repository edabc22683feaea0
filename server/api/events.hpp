// GET /ops/v1/events: what operators watch, as server-sent events.
#pragma once

#include "api/summary.hpp"
#include "flows/activity.hpp"
#include "http/router.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace voicehook::api {

/// The summary at once and every two seconds; in between what happens, as it happens, but at most fifty events: of more
/// the latest fifty are sent with the next summary, and how many were skipped. At most thirty-two streams; who comes
/// after gets 503. They end with the service. One thread; the referenced parts must outlive it.
class events {
public:
    events(summary& overview, flows::activity& lately)
        : summary_{overview}, activity_{lately}, open_{std::make_shared<std::size_t>(0)} {}

    [[nodiscard]] std::vector<http::route> routes();

private:
    [[nodiscard]] awaitable<http::response> open(http::request item);
    [[nodiscard]] static awaitable<void> send(summary& overview, flows::activity& lately, std::string who,
                                              std::uint64_t seen, http::stream_writer& out);

    summary& summary_;
    flows::activity& activity_;
    std::shared_ptr<std::size_t> open_;  ///< streams
};

}  // namespace voicehook::api
