#include "store/sqlite/auditor.hpp"

#include "store/sqlite/database.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <utility>

namespace voicehook::store::sqlite {

auditor::auditor(std::string path, std::size_t max_queued)
    : path_{std::move(path)}, queue_{max_queued}, thread_{[this] { work_off(); }} {}

auditor::~auditor() {
    stop();
    thread_.join();
}

void auditor::close(std::move_only_function<void()> closed) {
    stop();
    queue_.when_finished(std::move(closed));
}

void auditor::stop() {
    stopping_ = true;
    queue_.close();
}

void auditor::work_off() {
    while (!queue_.is_over()) {
        for (auto& work : queue_.take({.jobs = 1}, std::nullopt)) {
            run(*work);
            if (stopping_) work->fail({errc::stopping, "the store closed meanwhile"});
            complete(std::move(work));
        }
    }
    queue_.finish();
}

void auditor::run(lanes::job& work) {
    if (stopping_) return;
    try {
        auto connection = database{path_, access_mode::read_only};
        auto table = sqlite_rows{connection};
        connection.interrupt_when(stopping_);
        run_reading(connection, table, work);
    } catch (database_error const& why) {
        work.fail({errc::store_unavailable, why.what()});
    }
}

}  // namespace voicehook::store::sqlite
