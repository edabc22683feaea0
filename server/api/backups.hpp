// /ops/v1/backups: a copy of the store when an operator asks for one.
#pragma once

#include "async/nursery.hpp"
#include "flows/activity.hpp"
#include "http/router.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::api {

struct backup_settings {
    std::string folder;
    std::size_t keep{};  ///< the newest so many stay; 0: all
};

/// One at a time; whoever asks is answered at once and looks how far it is. What became of the last one is known as
/// long as the process lives. One thread; the referenced parts must outlive it.
class backups {
public:
    backups(asio::any_io_executor executor, ports::store& store, ports::clock& clock, telemetry::metrics& metrics,
            flows::activity& lately, backup_settings settings)
        : store_{store},
          clock_{clock},
          metrics_{metrics},
          activity_{lately},
          settings_{std::move(settings)},
          work_{executor} {}

    [[nodiscard]] std::vector<http::route> routes();
    /// Waits for one that is under way: the store cuts it short when it closes.
    [[nodiscard]] awaitable<void> finish();

private:
    /// Who asked for which file, and when.
    struct order {
        instant started_at;
        std::string who;
        std::string file;
    };
    struct running {
        order what;
        std::shared_ptr<ports::backup_progress const> progress;
    };
    struct ended {
        order what;
        instant finished_at;
        result<ports::backup_report> outcome;
    };

    [[nodiscard]] awaitable<http::response> show(http::request item);
    [[nodiscard]] awaitable<http::response> begin(http::request item);
    [[nodiscard]] awaitable<void> make(ports::backup_request request);
    [[nodiscard]] awaitable<result<ports::backup_report>> attempt(ports::backup_request request);
    void conclude(result<ports::backup_report> outcome);
    [[nodiscard]] std::string render() const;

    ports::store& store_;
    ports::clock& clock_;
    telemetry::metrics& metrics_;
    flows::activity& activity_;
    backup_settings settings_;
    std::optional<running> running_;
    std::optional<ended> last_;
    async::nursery work_;
};

}  // namespace voicehook::api
