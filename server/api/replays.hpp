// /ops/v1/replays: parked deliveries made due again by filter; a dry run first, then what it counted.
#pragma once

#include "flows/announcer.hpp"
#include "flows/replay.hpp"
#include "http/router.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::api {

/// One thread; the referenced parts must outlive it.
class replays {
public:
    replays(ports::store& store, ports::clock& clock, flows::bells const& workers, flows::activity& lately,
            flows::replay& worker)
        : store_{store}, clock_{clock}, bells_{workers}, activity_{lately}, worker_{worker} {}

    [[nodiscard]] std::vector<http::route> routes();

private:
    struct order;
    [[nodiscard]] awaitable<http::response> begin(http::request item);
    [[nodiscard]] awaitable<http::response> list(http::request item);
    [[nodiscard]] awaitable<http::response> show(http::request item);
    [[nodiscard]] awaitable<http::response> cancel(http::request item);
    [[nodiscard]] awaitable<http::response> start(order wanted, ports::parked_count found, std::string who);
    [[nodiscard]] std::string render(ports::replay const& item) const;
    [[nodiscard]] std::string render_dry_run(ports::parked_count const& found) const;

    ports::store& store_;
    ports::clock& clock_;
    flows::bells const& bells_;
    flows::activity& activity_;
    flows::replay& worker_;
};

}  // namespace voicehook::api
