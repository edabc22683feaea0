#include "async/offload.hpp"
#include "store/lanes/store_on_lanes.hpp"
#include "store/sqlite/auditor.hpp"
#include "store/sqlite/backup.hpp"
#include "store/sqlite/file_guard.hpp"
#include "store/sqlite/open_database.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/writer.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace voicehook::store::sqlite {
namespace {

/// So many audits may wait for one another.
constexpr std::size_t max_audits = 4;

class sqlite_store final : public lanes::store_on_lanes {
public:
    sqlite_store(asio::any_io_executor executor, sqlite_settings settings, opened_database opened)
        : store_on_lanes{executor, {writer_, reader_, auditor_}},
          lock_{std::move(opened.lock)},
          writer_{std::move(opened.for_writing), std::move(executor), settings},
          reader_{std::move(opened.for_reading), settings.max_queued},
          auditor_{settings.path, max_audits},
          path_{std::move(settings.path)},
          backup_log_limit_{settings.backup_log_limit} {}
    ~sqlite_store() override { *stop_backup_ = true; }

    awaitable<result<ports::backup_report>> back_up(ports::backup_request request) override {
        auto copy = [path = path_, request = std::move(request), limit = backup_log_limit_, stop = stop_backup_] {
            return make_backup(path, request, limit, *stop);
        };
        auto report = co_await async::offload(backups_, std::move(copy));
        co_return report;
    }
    std::string_view backup_advice() const noexcept override { return {}; }

    awaitable<void> close() override {
        stop_taking();
        auditor_.stop();
        *stop_backup_ = true;
        co_await async::offload(backups_, [] {});  // behind the one that is under way
        co_await store_on_lanes::close();
    }

private:
    std::optional<failure> broken() const override {
        return writer_.has_failed() ? std::optional{failed_for_good()} : std::nullopt;
    }

    file_lock lock_;
    writer writer_;
    reader reader_;    // ends before the writer
    auditor auditor_;  // likewise
    std::string path_;
    std::uint64_t backup_log_limit_;
    std::shared_ptr<std::atomic<bool>> stop_backup_{std::make_shared<std::atomic<bool>>()};
    asio::thread_pool backups_{1};  // likewise
};

}  // namespace

result<std::unique_ptr<ports::store>> open(asio::any_io_executor executor, sqlite_settings settings,
                                           std::optional<duration> lost_replay_after, instant now) {
    auto opened = open_database(settings.path, lost_replay_after, now);
    if (!opened) return unexpected{std::move(opened.error())};
    settings.path = opened->for_writing->path();  // without symbolic links
    return std::make_unique<sqlite_store>(std::move(executor), std::move(settings), std::move(*opened));
}

}  // namespace voicehook::store::sqlite
