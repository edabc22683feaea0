#include "store/sqlite/reader.hpp"

#include "base/log.hpp"

#include <utility>

namespace voicehook::store::sqlite {

void run_reading(database& connection, rows& table, lanes::job& work) {
    try {
        connection.prepare("BEGIN").run();
        static_cast<void>(work.run(table));
        connection.prepare("COMMIT").run();
    } catch (database_error const& why) {
        if (why.is_fatal()) log_error("store_read_failed", {{"error", why.what()}});
        work.fail({errc::store_unavailable, why.what()});
        connection.roll_back();
    } catch (std::exception const& surprise) {
        work.fail({errc::store_unavailable, surprise.what()});
        connection.roll_back();
    }
}

reader::reader(std::unique_ptr<database> connection, std::size_t max_queued)
    : connection_{std::move(connection)}, table_{*connection_}, queue_{max_queued}, thread_{[this] { work_off(); }} {}

reader::~reader() {
    queue_.close();
    thread_.join();
}

void reader::close(std::move_only_function<void()> closed) {
    queue_.close();
    queue_.when_finished(std::move(closed));
}

void reader::work_off() {
    while (!queue_.is_over()) {
        for (auto& work : queue_.take({.jobs = 1}, std::nullopt)) {
            run_reading(*connection_, table_, *work);
            complete(std::move(work));
        }
    }
    connection_.reset();
    queue_.finish();
}

}  // namespace voicehook::store::sqlite
