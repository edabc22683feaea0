#include "store/lanes/store_on_lanes.hpp"
#include "store/sqlite/auditor.hpp"
#include "store/sqlite/file_guard.hpp"
#include "store/sqlite/open_database.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/writer.hpp"

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
          auditor_{settings.path, max_audits} {}

private:
    std::optional<failure> broken() const override {
        return writer_.has_failed() ? std::optional{failed_for_good()} : std::nullopt;
    }

    file_lock lock_;
    writer writer_;
    reader reader_;    // ends before the writer
    auditor auditor_;  // likewise
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
