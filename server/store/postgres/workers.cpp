#include "store/postgres/workers.hpp"

#include "base/log.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace voicehook::store::postgres {
namespace {

/// So many audits may wait for one another.
constexpr std::size_t max_audits = 4;
/// For what reads every row.
constexpr duration audit_limit = 30min;

}  // namespace

// ---- writing --------------------------------------------------------------------------------------------------------

writer::writer(postgres_settings const& settings)
    : committer_{settings},
      max_batch_{settings.max_batch},
      queue_{settings.max_queued},
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
    auto const limits = lanes::batch_limits{.jobs = max_batch_};
    while (!queue_.is_over()) {
        auto group = queue_.take(limits, std::nullopt);
        if (group.empty()) continue;
        committer_.commit(group);
        complete(std::move(group));
    }
    committer_.close();
    queue_.finish();
}

// ---- reading --------------------------------------------------------------------------------------------------------

reader::reader(postgres_settings const& settings, manner how)
    : settings_{settings},
      how_{how},
      sessions_{settings, how == manner::lists ? "reads" : "audits",
                how == manner::audits ? std::function<bool()>{[this] { return stopping_.load(); }} : nullptr},
      queue_{how == manner::lists ? settings.max_queued : max_audits},
      thread_{[this] { work_off(); }} {}

reader::~reader() {
    stop();
    thread_.join();
}

void reader::close(std::move_only_function<void()> closed) {
    stop();
    queue_.when_finished(std::move(closed));
}

void reader::stop() {
    stopping_ = true;
    queue_.close();
}

void reader::work_off() {
    while (!queue_.is_over()) {
        for (auto& work : queue_.take({.jobs = 1}, std::nullopt)) {
            read(*work);
            complete(std::move(work));
        }
    }
    sessions_.close();
    queue_.finish();
}

/// A connection that was lost while nobody used it is made anew, once.
void reader::read(lanes::job& work) {
    auto const until = deadline::in(how_ == manner::audits ? audit_limit : settings_.patience);
    try {
        try {
            try_to_read(work, until);
        } catch (database_error const& why) {
            if (why.kind() != trouble::lost) throw;
            sessions_.drop(why.what());
            try_to_read(work, until);
        }
    } catch (std::exception const& why) {
        log_error("store_read_failed", {{"error", why.what()}});
        sessions_.close();  // whatever state it is in
        work.fail({errc::store_unavailable, why.what()});
    }
    if (how_ == manner::lists) return;
    sessions_.close();
    if (stopping_) work.fail({errc::stopping, "the store closed meanwhile"});
}

void reader::try_to_read(lanes::job& work, deadline until) {
    auto& [database, table] = sessions_.get(until);
    database.wait_until(until);
    table.begin_reading();
    static_cast<void>(work.run(table));
    table.commit();
}

}  // namespace voicehook::store::postgres
