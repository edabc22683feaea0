// An operation on its way to a store thread, and its result on the way back to the coroutine that waits for it.
#pragma once

#include "base/failure.hpp"
#include "ports/awaitable.hpp"
#include "store/row_needs.hpp"
#include "store/rows.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::store::lanes {

/// Made on the network thread, run on a store thread, completed from there: see `complete`.
class job {
public:
    virtual ~job() = default;

    /// Runs the operation; whether its writes are to stay. May throw what the rows throw.
    [[nodiscard]] virtual bool run(rows& table) = 0;
    /// Makes `why` the result, whatever it was before.
    virtual void fail(failure why) = 0;
    /// Where the waiting coroutine goes on.
    [[nodiscard]] virtual asio::any_io_executor const& executor() const noexcept = 0;
    /// Goes on with the result. On that executor, once.
    virtual void resume() = 0;
    /// About how many bytes it writes.
    [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
    /// Adds the rows that it is going to read, as far as it knows them beforehand.
    virtual void announce(row_needs& into) const = 0;
};

/// Sends the results of jobs of one executor to those that wait, in order: one hand-over for all of them, since each
/// wakes the other thread. From any thread.
void complete(std::vector<std::unique_ptr<job>> done);
void complete(std::unique_ptr<job> done);

/// What the threads of the store hand jobs to.
class lane {
public:
    virtual ~lane() = default;
    /// Takes the job, or completes it at once with `store_busy`, `stopping` or `store_unavailable`.
    virtual void offer(std::unique_ptr<job> work) = 0;
    /// Takes no more; `closed` runs on the lane's thread once all is finished and its connection is closed.
    virtual void close(std::move_only_function<void()> closed) = 0;
};

template <class T, class Operation, class Handler>
class job_of final : public job {
public:
    job_of(asio::any_io_executor executor, std::size_t bytes, Operation operation, Handler handler)
        : executor_{std::move(executor)},
          bytes_{bytes},
          operation_{std::move(operation)},
          handler_{std::move(handler)} {}

    bool run(rows& table) override {
        result_ = operation_(table);
        return result_.has_value();
    }
    void fail(failure why) override { result_ = unexpected{std::move(why)}; }
    asio::any_io_executor const& executor() const noexcept override { return executor_; }
    void resume() override { std::move(handler_)(std::move(result_)); }
    std::size_t bytes() const noexcept override { return bytes_; }
    void announce(row_needs& into) const override {
        if constexpr (requires { operation_.announce(into); }) operation_.announce(into);
    }

private:
    asio::any_io_executor executor_;
    std::size_t bytes_;
    Operation operation_;
    Handler handler_;
    result<T> result_{voicehook::fail(errc::store_unavailable, "the store did not run the operation")};
};

/// Runs `operation(rows&) -> result<T>` on the lane's thread and resumes here with its result. Not cancellable: what is
/// under way becomes durable or fails. `where` must outlive the operation.
template <class T, class Operation>
awaitable<result<T>> run_on(lane& where, asio::any_io_executor executor, std::size_t bytes, Operation operation) {
    auto submit = [&where, executor, bytes, operation = std::move(operation)](auto handler) mutable {
        using work = job_of<T, Operation, decltype(handler)>;
        where.offer(std::make_unique<work>(executor, bytes, std::move(operation), std::move(handler)));
    };
    return asio::async_initiate<asio::use_awaitable_t<> const, void(result<T>)>(std::move(submit), asio::use_awaitable);
}

}  // namespace voicehook::store::lanes
