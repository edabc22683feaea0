#include "store/operations.hpp"
#include "store/sqlite/auditor.hpp"
#include "store/sqlite/file_guard.hpp"
#include "store/sqlite/open_database.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/writer.hpp"

#include <utility>

namespace voicehook::store::sqlite {
namespace {

/// Rows have a price beside their bodies: about what a task's other columns and index entries take.
constexpr std::size_t row_bytes = 1024;
/// So many audits may wait for one another.
constexpr std::size_t max_audits = 4;

std::size_t bytes_of(core::task_event const& event) {
    if (auto const* const told = std::get_if<core::submission_accepted>(&event)) return row_bytes + told->body.size();
    if (auto const* const told = std::get_if<core::query_answered>(&event)) return row_bytes + told->body.size();
    return row_bytes;
}

class sqlite_store final : public ports::store {
public:
    sqlite_store(asio::any_io_executor executor, sqlite_settings settings, opened_database opened)
        : executor_{std::move(executor)},
          lock_{std::move(opened.lock)},
          writer_{std::move(opened.for_writing), executor_, settings},
          reader_{std::move(opened.for_reading), settings.max_queued},
          auditor_{settings.path, max_audits} {}

    awaitable<result<ports::acceptance>> accept_task(core::task item, ports::acceptance_limits limits,
                                                     instant now) override {
        auto const bytes = row_bytes + item.submit_body.size();
        return write<ports::acceptance>(bytes, [item = std::move(item), limits, now](rows& table) {
            return operations::accept_task(table, item, limits, now);
        });
    }
    awaitable<result<ports::claimed<core::task>>> claim_submissions(
        ports::claim_terms terms, std::optional<duration> lost_replay_after) override {
        return write<ports::claimed<core::task>>(row_bytes * terms.limit, [terms, lost_replay_after](rows& table) {
            return operations::claim_submissions(table, terms, lost_replay_after);
        });
    }
    awaitable<result<ports::transition>> record_submission(task_id id, std::uint32_t token, core::task_event outcome,
                                                           ports::render_function render, instant now) override {
        return record_outcome(std::move(id), token, std::move(outcome), std::move(render), now);
    }
    awaitable<result<ports::transition>> record_callback(task_id id, core::callback_received notice,
                                                         ports::render_function render, instant now) override {
        auto const bytes = row_bytes + 2 * notice.body.size();
        return write<ports::transition>(
            bytes, [id = std::move(id), notice = std::move(notice), render = std::move(render), now](rows& table) {
                return operations::record_callback(table, id, notice, render, now);
            });
    }
    awaitable<result<ports::claimed<core::task>>> claim_queries(ports::claim_terms terms) override {
        return write<ports::claimed<core::task>>(
            row_bytes * terms.limit, [terms](rows& table) { return operations::claim_queries(table, terms); });
    }
    awaitable<result<ports::transition>> record_query(task_id id, std::uint32_t token, core::task_event outcome,
                                                      ports::render_function render, instant now) override {
        return record_outcome(std::move(id), token, std::move(outcome), std::move(render), now);
    }
    awaitable<result<ports::transition>> record_event(task_id id, core::task_event event, ports::render_function render,
                                                      instant now) override {
        return write<ports::transition>(
            row_bytes, [id = std::move(id), event = std::move(event), render = std::move(render), now](rows& table) {
                return operations::record_event(table, id, event, render, now);
            });
    }
    awaitable<result<core::task>> find_task(std::string id) override {
        return read<core::task>([id = std::move(id)](rows& table) { return operations::find_task(table, id); });
    }
    awaitable<result<ports::task_page>> list_tasks(ports::task_filter filter) override {
        return read<ports::task_page>(
            [filter = std::move(filter)](rows& table) { return operations::list_tasks(table, filter); });
    }
    awaitable<result<ports::task_history>> read_history(task_id id) override {
        return read<ports::task_history>(
            [id = std::move(id)](rows& table) { return operations::read_history(table, id); });
    }

    awaitable<result<ports::claimed<core::delivery>>> claim_deliveries(sink_name sink,
                                                                       ports::claim_terms terms) override {
        return write<ports::claimed<core::delivery>>(
            row_bytes * terms.limit,
            [sink = std::move(sink), terms](rows& table) { return operations::claim_deliveries(table, sink, terms); });
    }
    awaitable<result<void>> record_attempt(ports::attempt_record attempt) override {
        return write<void>(row_bytes, [attempt = std::move(attempt)](rows& table) {
            return operations::record_attempt(table, attempt);
        });
    }
    awaitable<result<void>> retry_delivery(delivery_id id, std::string who, instant now) override {
        return write<void>(row_bytes, [id = std::move(id), who = std::move(who), now](rows& table) {
            return operations::retry_delivery(table, id, who, now);
        });
    }
    awaitable<result<void>> discard_delivery(delivery_id id, std::string who, std::string reason,
                                             instant now) override {
        return write<void>(row_bytes,
                           [id = std::move(id), who = std::move(who), reason = std::move(reason), now](rows& table) {
                               return operations::discard_delivery(table, id, who, reason, now);
                           });
    }
    awaitable<result<ports::delivery_page>> list_deliveries(ports::delivery_filter filter) override {
        return read<ports::delivery_page>(
            [filter = std::move(filter)](rows& table) { return operations::list_deliveries(table, filter); });
    }
    awaitable<result<void>> set_sink_paused(sink_name sink, ports::sink_pause pause, instant now) override {
        return write<void>(row_bytes, [sink = std::move(sink), pause = std::move(pause), now](rows& table) {
            return operations::set_sink_paused(table, sink, pause, now);
        });
    }
    awaitable<result<std::size_t>> park_removed_sinks(std::vector<sink_name> known, std::size_t limit,
                                                      instant now) override {
        return write<std::size_t>(row_bytes * limit, [known = std::move(known), limit, now](rows& table) {
            return operations::park_removed_sinks(table, known, limit, now);
        });
    }

    awaitable<result<void>> release_leases(lease_owner owner, std::optional<duration> lost_replay_after,
                                           instant now) override {
        return write<void>(row_bytes, [owner = std::move(owner), lost_replay_after, now](rows& table) {
            return operations::release_leases(table, owner, lost_replay_after, now);
        });
    }
    awaitable<result<ports::retired>> retire(instant before, std::size_t limit, instant now) override {
        return write<ports::retired>(row_bytes * limit, [before, limit, now](rows& table) {
            return operations::retire(table, before, limit, now);
        });
    }
    awaitable<result<ports::store_summary>> summary() override {
        return read<ports::store_summary>([](rows& table) { return operations::summary(table); });
    }
    awaitable<result<ports::audit_report>> audit() override {
        return read_on<ports::audit_report>(auditor_, [](rows& table) { return operations::audit(table); });
    }
    awaitable<result<void>> probe() override {
        return write<void>(0, [](rows& table) { return operations::probe(table); });
    }

    awaitable<void> close() override {
        closing_ = true;
        co_await closed(auditor_);
        co_await closed(reader_);
        co_await closed(writer_);  // its connection is the last and leaves one clean file
    }

private:
    template <class T, class Operation>
    awaitable<result<T>> write(std::size_t bytes, Operation operation) {
        if (closing_) return refuse<T>({errc::stopping, "the store is closed"});
        return run_on<T>(writer_, executor_, bytes, std::move(operation));
    }
    template <class T, class Operation>
    awaitable<result<T>> read(Operation operation) {
        return read_on<T>(reader_, std::move(operation));
    }
    template <class T, class Operation>
    awaitable<result<T>> read_on(lane& where, Operation operation) {
        if (closing_) return refuse<T>({errc::stopping, "the store is closed"});
        if (writer_.has_failed()) return refuse<T>(failed_for_good());
        return run_on<T>(where, executor_, 0, std::move(operation));
    }
    template <class T>
    static awaitable<result<T>> refuse(failure why) {
        co_return unexpected{std::move(why)};
    }

    awaitable<result<ports::transition>> record_outcome(task_id id, std::uint32_t token, core::task_event outcome,
                                                        ports::render_function render, instant now) {
        auto const bytes = bytes_of(outcome);
        return write<ports::transition>(
            bytes, [id = std::move(id), token, outcome = std::move(outcome), render = std::move(render),
                    now](rows& table) { return operations::record_outcome(table, id, token, outcome, render, now); });
    }

    template <class Lane>
    awaitable<void> closed(Lane& which) {
        auto wait = [this, &which](auto handler) {
            which.close([executor = executor_, handler = std::move(handler)]() mutable {
                asio::post(executor, [handler = std::move(handler)]() mutable { std::move(handler)(); });
            });
        };
        return asio::async_initiate<asio::use_awaitable_t<> const, void()>(std::move(wait), asio::use_awaitable);
    }

    asio::any_io_executor executor_;
    file_lock lock_;
    writer writer_;
    reader reader_;    // ends before the writer
    auditor auditor_;  // likewise
    bool closing_{};
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
