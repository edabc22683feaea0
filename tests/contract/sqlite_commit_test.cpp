#include "fault_vfs.hpp"
#include "gate.hpp"
#include "sqlite_fixture.hpp"

#include "store/sqlite/writer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <future>
#include <stdexcept>

namespace voicehook::contract {
namespace {

using store::sqlite::sqlite_settings;

class SqliteCommit : public SqliteStore {
protected:
    /// Begins an operation; it goes on while `io_` runs.
    template <class T>
    std::future<T> begin(awaitable<T> work) {
        auto future = asio::co_spawn(io_, std::move(work), asio::use_future);
        io_.restart();
        while (io_.poll_one() != 0) continue;
        return future;
    }
    void run_all() {
        io_.restart();
        io_.run();
    }
    /// Settings under which the store's thread stops after a commit while the gate is shut, and notes the group's size.
    sqlite_settings gated() {
        return {.observe_commit = [this](std::chrono::microseconds, std::size_t operations) {
            groups_.push_back(operations);
            gate_.pass();
        }};
    }
    /// The store's thread stands at the gate after this.
    void hold(ports::store& store) {
        gate_.shut();
        first_ = begin(store.probe());
        gate_.await_visitor();
    }

    gate gate_;
    std::vector<std::size_t> groups_;
    std::future<result<void>> first_;
};

TEST_F(SqliteCommit, TakesWhatWaitsAsOneGroup) {
    auto store = std::move(*open(gated()));
    hold(*store);
    auto waiting = std::vector<std::future<result<ports::acceptance>>>{};
    for (auto n = 1U; n <= 100; ++n) waiting.push_back(begin(store->accept_task(sample(n), {}, noon)));

    gate_.open();
    run_all();

    for (auto& accepted : waiting) EXPECT_TRUE(accepted.get());
    wait(store->close());
    EXPECT_EQ(groups_, (std::vector<std::size_t>{1, 64, 36}));
}

TEST_F(SqliteCommit, EndsAGroupAtAMegabyte) {
    auto store = std::move(*open(gated()));
    hold(*store);
    auto waiting = std::vector<std::future<result<ports::acceptance>>>{};
    for (auto n = 1U; n <= 4; ++n) {
        auto item = sample(n);
        item.submit_body.assign(400'000, 'x');
        waiting.push_back(begin(store->accept_task(item, {}, noon)));
    }

    gate_.open();
    run_all();

    for (auto& accepted : waiting) EXPECT_TRUE(accepted.get());
    wait(store->close());
    EXPECT_EQ(groups_, (std::vector<std::size_t>{1, 2, 2}));
}

TEST_F(SqliteCommit, FailsOneOperationOfAGroupWithoutTheOthers) {
    auto store = std::move(*open(gated()));
    ASSERT_TRUE(wait(store->accept_task(submitting_sample(1), {}, noon)));
    auto const throwing = [](core::task const&) -> std::vector<core::new_delivery> { throw std::runtime_error{"no"}; };
    hold(*store);
    auto before = begin(store->accept_task(sample(2), {}, noon));
    auto broken = begin(store->record_callback(
        id_of(1), callback_of(provider_id_of(1), core::reported_status::completed), throwing, noon));
    auto after = begin(store->accept_task(sample(3), {}, noon));

    gate_.open();
    run_all();

    EXPECT_TRUE(before.get());
    EXPECT_EQ(broken.get().error().code, errc::store_unavailable);
    EXPECT_TRUE(after.get());
    EXPECT_EQ(wait(store->summary(noon))->accepted, 3U);
    EXPECT_EQ(core::stage_of(wait(store->find_task(id_of(1).value()))->state), core::stage::submitting);
    close(std::move(store));
    EXPECT_EQ(groups_.at(2), 3U);
}

TEST_F(SqliteCommit, UndoesAnOperationThatWroteBeforeItFailedAndKeepsTheOthersOfItsGroup) {
    auto store = std::move(*open(gated()));
    for (auto n = 1U; n <= 3; ++n) ASSERT_TRUE(wait(store->accept_task(submitting_sample(n), {}, noon)));
    auto const completed = [](unsigned n) { return callback_of(provider_id_of(n), core::reported_status::completed); };
    auto const taken = [](core::task const&) {
        return deliver_to({results})(submitting_sample(1));  // the id of another task's delivery
    };
    ASSERT_TRUE(wait(store->record_callback(id_of(1), completed(1), deliver_to({results}), noon)));
    hold(*store);
    auto before = begin(store->record_callback(id_of(2), completed(2), deliver_to({results}), noon));
    auto broken = begin(store->record_callback(id_of(3), completed(3), taken, noon));
    auto after = begin(store->accept_task(sample(4), {}, noon));

    gate_.open();
    run_all();

    EXPECT_EQ(before.get()->what, core::verdict::accepted);
    EXPECT_EQ(broken.get().error().code, errc::store_unavailable);
    EXPECT_TRUE(after.get());
    EXPECT_EQ(core::stage_of(wait(store->find_task(id_of(2).value()))->state), core::stage::ended);
    EXPECT_EQ(core::stage_of(wait(store->find_task(id_of(3).value()))->state), core::stage::submitting);
    auto const audited = wait(store->audit());
    EXPECT_THAT(audited->violations, ::testing::IsEmpty());
    EXPECT_EQ(audited->counters.accepted, 4U);
    EXPECT_EQ(audited->counters.deliveries_created, 2U);
    close(std::move(store));
}

TEST_F(SqliteCommit, RefusesWhatDoesNotFitIntoTheQueueAsBusy) {
    auto settings = gated();
    settings.max_queued = 2;
    auto store = std::move(*open(settings));
    hold(*store);
    auto first = begin(store->accept_task(sample(1), {}, noon));
    auto second = begin(store->accept_task(sample(2), {}, noon));

    auto third = begin(store->accept_task(sample(3), {}, noon));
    gate_.open();
    run_all();

    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_EQ(third.get().error().code, errc::store_busy);
    close(std::move(store));
}

TEST_F(SqliteCommit, ReadsDoNotWaitBehindWrites) {
    auto store = std::move(*open(gated()));
    ASSERT_TRUE(wait(store->accept_task(sample(1), {}, noon)));
    hold(*store);
    auto write = begin(store->accept_task(sample(2), {}, noon));

    auto found = asio::co_spawn(io_, store->find_task(id_of(1).value()), asio::use_future);
    io_.restart();
    while (found.wait_for(0s) != std::future_status::ready) io_.run_one();

    EXPECT_TRUE(found.get());
    EXPECT_NE(write.wait_for(0s), std::future_status::ready);
    gate_.open();
    run_all();
    close(std::move(store));
}

TEST_F(SqliteCommit, CloseFinishesWhatIsQueuedAndRefusesTheRest) {
    auto store = std::move(*open(gated()));
    hold(*store);
    auto queued = begin(store->accept_task(sample(1), {}, noon));
    auto closed = begin(store->close());
    auto late = begin(store->accept_task(sample(2), {}, noon));

    gate_.open();
    run_all();

    EXPECT_TRUE(queued.get());
    EXPECT_EQ(late.get().error().code, errc::stopping);
    closed.get();
    store.reset();
    EXPECT_EQ(wait(reopen()->summary(noon))->accepted, 1U);
}

TEST_F(SqliteCommit, DestructionFinishesWhatIsQueued) {
    auto store = std::move(*open(gated()));
    hold(*store);
    auto queued = begin(store->accept_task(sample(1), {}, noon));
    gate_.open();

    store.reset();

    run_all();
    EXPECT_TRUE(queued.get());
}

TEST_F(SqliteCommit, KeepsTheLogShortUnderLoad) {
    auto store = std::move(*open({.checkpoint_pages = 1000}));
    auto longest = std::uintmax_t{0};
    for (auto n = 1U; n <= 300; ++n) {
        auto item = sample(n);
        item.submit_body.assign(100'000, 'x');
        ASSERT_TRUE(wait(store->accept_task(item, {}, noon)));
        longest = std::max(longest, std::filesystem::file_size(path() + "-wal"));
    }

    EXPECT_GT(std::filesystem::file_size(path()), 20'000'000U);
    EXPECT_LT(longest, 8'000'000U);
    close(std::move(store));
}

TEST(AffordableLog, IsAQuarterOfTheFreeDiskBetweenFourMegabytesAndTheSetting) {
    using store::sqlite::affordable_log;

    EXPECT_EQ(affordable_log(0, 24'000), 1000);
    EXPECT_EQ(affordable_log(64'000'000, 24'000), 3906);
    EXPECT_EQ(affordable_log(1'000'000'000'000, 24'000), 24'000);
    EXPECT_EQ(affordable_log(1'000'000'000'000, 500), 500);
}

class SqliteFault : public SqliteCommit {
protected:
    sqlite_settings watched() {
        return {.on_fatal = [this](failure why) { told_.push_back(std::move(why)); }};
    }
    fault_vfs disk_;
    std::vector<failure> told_;
};

TEST_F(SqliteFault, AFullDiskRefusesAndHealsByItself) {
    auto store = std::move(*open(watched()));
    ASSERT_TRUE(wait(store->accept_task(sample(1), {}, noon)));
    disk_.set(disk_fault::full);

    auto const refused = wait(store->accept_task(sample(2), {}, noon));
    auto const probed = wait(store->probe());
    auto const read = wait(store->find_task(id_of(1).value()));
    disk_.set(disk_fault::none);
    auto const healed = wait(store->accept_task(sample(3), {}, noon));

    EXPECT_EQ(refused.error().code, errc::store_full);
    EXPECT_EQ(probed.error().code, errc::store_full);
    EXPECT_TRUE(read);
    EXPECT_TRUE(healed);
    EXPECT_TRUE(told_.empty());
    EXPECT_EQ(wait(store->summary(noon))->accepted, 2U);
    close(std::move(store));
    EXPECT_FALSE(std::filesystem::exists(path() + ".failed"));
}

class SqliteFatal : public SqliteFault, public ::testing::WithParamInterface<disk_fault> {};
INSTANTIATE_TEST_SUITE_P(Disk, SqliteFatal, ::testing::Values(disk_fault::write_fails, disk_fault::sync_fails),
                         [](auto const& info) {
                             return info.param == disk_fault::sync_fails ? std::string{"SyncFails"} : "WriteFails";
                         });

TEST_P(SqliteFatal, AFailedCommitRefusesTheGroupFailsAllAfterItLeavesTheMarkerAndTellsOnce) {
    auto settings = watched();
    settings.observe_commit = gated().observe_commit;
    auto store = std::move(*open(settings));
    ASSERT_TRUE(wait(store->accept_task(sample(1), {}, noon)));
    hold(*store);
    auto one = begin(store->accept_task(sample(2), {}, noon));
    auto another = begin(store->accept_task(sample(3), {}, noon));

    disk_.set(GetParam());
    gate_.open();
    run_all();
    disk_.set(disk_fault::none);

    EXPECT_EQ(one.get().error().code, errc::store_unavailable);
    EXPECT_EQ(another.get().error().code, errc::store_unavailable);
    EXPECT_EQ(wait(store->probe()).error().code, errc::store_failed);
    EXPECT_EQ(wait(store->audit()).error().code, errc::store_failed);
    EXPECT_EQ(wait(store->find_task(id_of(1).value())).error().code, errc::store_failed);
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_EQ(told_[0].code, errc::store_failed);
    EXPECT_TRUE(std::filesystem::exists(path() + ".failed"));
}

TEST_P(SqliteFatal, ARestartAfterAFailedCommitHasAllThatWasAnswered) {
    auto first = std::move(*open(watched()));
    ASSERT_TRUE(wait(first->accept_task(sample(1), {}, noon)));
    disk_.set(GetParam());
    ASSERT_FALSE(wait(first->accept_task(sample(2), {}, noon)));
    wait(first->close());
    first.reset();
    disk_.set(disk_fault::none);

    auto second = reopen();

    EXPECT_TRUE(wait(second->find_task(id_of(1).value())));
    EXPECT_FALSE(std::filesystem::exists(path() + ".failed"));
    EXPECT_TRUE(wait(second->accept_task(sample(3), {}, noon)));
    close(std::move(second));
}

}  // namespace
}  // namespace voicehook::contract
