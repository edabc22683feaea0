// The fixture of the contract suite: the same tests hold every store to the port's promises.
#pragma once

#include "ports/store.hpp"
#include "samples.hpp"
#include "text.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::contract {

/// A folder that is gone when the test is over.
class temporary_folder {
public:
    temporary_folder();
    ~temporary_folder();
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// Runs `io` until `work` is done.
template <class T>
T wait_for(asio::io_context& io, awaitable<T> work) {
    auto future = asio::co_spawn(io, std::move(work), asio::use_future);
    io.restart();
    io.run();
    return future.get();
}

enum class store_kind : unsigned char { memory = 1, sqlite, postgres };

/// For INSTANTIATE_TEST_SUITE_P: all stores, each under its name.
[[nodiscard]] std::vector<store_kind> every_store();
[[nodiscard]] std::string store_name(::testing::TestParamInfo<store_kind> const& info);

/// A fresh, empty store; its files, if any, in `folder`.
[[nodiscard]] std::unique_ptr<ports::store> make_store(store_kind kind, asio::io_context& io,
                                                       temporary_folder const& folder);

/// A store, empty at the start of each test. At the end its counters must agree with its rows.
class StoreContract : public ::testing::TestWithParam<store_kind> {
protected:
    void SetUp() override { store_ = make_store(GetParam(), io_, folder_); }
    void TearDown() override;

    [[nodiscard]] ports::store& store() { return *store_; }
    template <class T>
    T wait(awaitable<T> work) {
        return wait_for(io_, std::move(work));
    }

    // Shortcuts that a test begins with; each must succeed.
    core::task accept(core::task item);
    core::task claim_submission(instant now = noon);
    /// An accepted task that the provider has as `provider_id_of(n)`, its query due at `poll_at`.
    core::task in_flight(unsigned n, instant poll_at = noon + 15s);
    /// A completed one with a delivery for each sink.
    core::task completed(unsigned n, std::vector<sink_name> sinks, instant at = noon);
    core::delivery claim_delivery(sink_name const& sink, instant now = noon);
    core::delivery parked(unsigned n, sink_name const& sink);
    [[nodiscard]] core::task task(task_id const& id);
    [[nodiscard]] ports::task_history history(task_id const& id);
    [[nodiscard]] core::delivery delivery(task_id const& id, sink_name const& sink);
    [[nodiscard]] std::vector<core::timeline_kind> timeline(task_id const& id);
    [[nodiscard]] ports::store_summary summary();

private:
    temporary_folder folder_;
    asio::io_context io_;
    std::unique_ptr<ports::store> store_;
};

}  // namespace voicehook::contract
