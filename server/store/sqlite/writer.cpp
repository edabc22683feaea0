#include "store/sqlite/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

namespace voicehook::store::sqlite {
namespace {

/// After this long without work the rest of the log is copied too.
constexpr duration idle_before_checkpoint = 1s;

failure refusal_of(database_error const& why) {
    return {why.is_full() ? errc::store_full : errc::store_unavailable, why.what()};
}

}  // namespace

int affordable_log(std::uintmax_t free_bytes, int most) noexcept {
    constexpr auto page = std::uintmax_t{4096};
    constexpr auto least = std::uintmax_t{1000};
    auto const quarter = std::max(free_bytes / (4 * page), least);
    return static_cast<int>(std::min(quarter, static_cast<std::uintmax_t>(most)));
}

failure failed_for_good() { return {errc::store_failed, "the store has failed: the process must start again"}; }

writer::writer(std::unique_ptr<database> connection, asio::any_io_executor executor, sqlite_settings settings)
    : connection_{std::move(connection)},
      table_{*connection_},
      executor_{std::move(executor)},
      settings_{std::move(settings)},
      marker_{settings_.path},
      log_limit_{look_at_disk()},
      queue_{settings_.max_queued},
      thread_{[this] { work_off(); }} {}

writer::~writer() {
    queue_.close();
    thread_.join();
}

void writer::close(std::move_only_function<void()> closed) {
    queue_.close();
    queue_.when_finished(std::move(closed));
}

void writer::work_off() {
    auto const limits = lanes::batch_limits{.jobs = settings_.max_batch};
    while (!queue_.is_over()) {
        auto const idle = pages_to_copy() > 0 ? std::optional{idle_before_checkpoint} : std::nullopt;
        auto batch = queue_.take(limits, idle);
        if (batch.empty()) {
            checkpoint_after(0);
            continue;
        }
        commit(batch);
        complete(std::move(batch));
        checkpoint_after(log_limit_);
    }
    connection_.reset();
    queue_.finish();
}

void writer::commit(std::vector<std::unique_ptr<lanes::job>>& batch) {
    if (failed_) {
        for (auto& work : batch) work->fail(failed_for_good());
        return;
    }
    auto const began = std::chrono::steady_clock::now();
    try {
        if (!commit_together(batch)) commit_apart(batch);
    } catch (database_error const& why) {
        refuse(batch, why);
        return;
    }
    auto const took = std::chrono::ceil<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    if (settings_.observe_commit) settings_.observe_commit(took, batch.size());
}

/// False, with nothing done, when an operation has to be undone alone.
bool writer::commit_together(std::vector<std::unique_ptr<lanes::job>>& batch) {
    connection_->prepare("BEGIN IMMEDIATE").run();
    for (auto& work : batch) {
        if (run(*work)) continue;
        table_.forget();
        connection_->prepare("ROLLBACK").run();
        return false;
    }
    table_.flush();
    connection_->prepare("COMMIT").run();
    return true;
}

void writer::commit_apart(std::vector<std::unique_ptr<lanes::job>>& batch) {
    connection_->prepare("BEGIN IMMEDIATE").run();
    for (auto& work : batch) {
        connection_->prepare("SAVEPOINT operation").run();
        if (run(*work)) {
            table_.flush();
        } else {
            table_.forget();
            connection_->prepare("ROLLBACK TO operation").run();
        }
        connection_->prepare("RELEASE operation").run();
    }
    connection_->prepare("COMMIT").run();
}

/// Whether all that the operation wrote may stay: it succeeded, or wrote nothing. Throws when the whole group is lost
/// with it.
bool writer::run(lanes::job& work) {
    auto const before = table_.written();
    auto keep = false;
    try {
        keep = work.run(table_);
    } catch (database_error const& why) {
        if (why.is_full() || why.is_fatal() || !connection_->in_transaction()) throw;
        work.fail({errc::store_unavailable, why.what()});
    } catch (std::exception const& surprise) {
        work.fail({errc::store_unavailable, surprise.what()});
    }
    return keep || table_.written() == before;
}

void writer::refuse(std::vector<std::unique_ptr<lanes::job>>& batch, database_error const& why) {
    connection_->roll_back();
    table_.forget();
    for (auto& work : batch) work->fail(refusal_of(why));
    if (why.is_full()) log_limit_ = 1;  // what the database can still take leaves the log
    if (why.is_fatal()) give_up(why);
}

void writer::give_up(database_error const& why) noexcept {
    if (failed_.exchange(true)) return;
    marker_.set(why.what());
    connection_->keep_log_at_close();
    if (settings_.on_fatal)
        asio::post(executor_, [tell = std::move(settings_.on_fatal), told = failure{errc::store_failed, why.what()}] {
            tell(told);
        });
}

int writer::pages_to_copy() noexcept {
    auto const in_log = connection_->wal_pages();
    if (in_log < copied_pages_) copied_pages_ = 0;  // the log began anew
    return failed_ ? 0 : in_log - copied_pages_;
}

void writer::checkpoint_after(int pages) {
    auto const waiting = pages_to_copy();
    if (waiting == 0 || waiting < pages) return;
    try {
        auto const copied = connection_->checkpoint();
        // What a reader still needs is copied another time, not at every turn.
        copied_pages_ = copied < connection_->wal_pages() && pages == 0 ? connection_->wal_pages() : copied;
        log_limit_ = look_at_disk();
    } catch (database_error const& why) {
        if (why.is_fatal()) give_up(why);
    }
}

int writer::look_at_disk() const {
    auto unknown = std::error_code{};
    auto const space = std::filesystem::space(settings_.path, unknown);
    return unknown ? settings_.checkpoint_pages : affordable_log(space.available, settings_.checkpoint_pages);
}

}  // namespace voicehook::store::sqlite
