#include "gate.hpp"
#include "sqlite_fixture.hpp"
#include "statement_log.hpp"

#include <fmt/format.h>

namespace voicehook::contract {
namespace {

class SqliteAudit : public SqliteStore {
protected:
    /// Begins an audit and returns when it is about to count the rows; it goes on when the gate opens.
    std::future<result<ports::audit_report>> hold_audit(ports::store& store) {
        gate_.shut();
        statements_.before("GROUP BY sink, state", [this] { gate_.pass(); });
        auto audit = asio::co_spawn(io_, store.audit(), asio::use_future);
        io_.restart();
        while (io_.poll_one() != 0) continue;
        gate_.await_visitor();
        return audit;
    }
    /// Runs `io_` only until `work` is done: something else is held.
    template <class T>
    T wait_meanwhile(awaitable<T> work) {
        auto future = asio::co_spawn(io_, std::move(work), asio::use_future);
        io_.restart();
        while (future.wait_for(0s) != std::future_status::ready) io_.run_one();
        return future.get();
    }

    gate gate_;
    statement_log statements_;
};

TEST_F(SqliteAudit, HasAConnectionOfItsOwnThatIsClosedAfterwards) {
    auto store = reopen();
    auto const before = statements_.open_connections();
    auto during = 0;
    statements_.before("GROUP BY sink, state", [this, &during] { during = statements_.open_connections(); });

    ASSERT_TRUE(wait(store->audit()));

    EXPECT_EQ(during, before + 1);
    EXPECT_EQ(statements_.open_connections(), before);
    wait(store->close());
    EXPECT_EQ(statements_.open_connections(), 0);
}

TEST_F(SqliteAudit, HoldsUpNeitherReadsNorWritesAndSeesWhatWasThereWhenItBegan) {
    auto store = reopen();
    ASSERT_TRUE(wait(store->accept_task(sample(1), {}, noon)));
    auto audit = hold_audit(*store);

    auto const written = wait_meanwhile(store->accept_task(sample(2), {}, noon));
    auto const read = wait_meanwhile(store->find_task(id_of(2).value()));
    gate_.open();
    io_.restart();
    io_.run();

    EXPECT_TRUE(written);
    EXPECT_TRUE(read);
    auto const report = audit.get();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->counters.accepted, 1U);
    EXPECT_EQ(report->violations, std::vector<std::string>{});
    close(std::move(store));
}

TEST_F(SqliteAudit, IsCutShortByClosing) {
    auto store = reopen();
    auto audit = hold_audit(*store);

    auto closed = asio::co_spawn(io_, store->close(), asio::use_future);
    io_.restart();
    while (io_.poll_one() != 0) continue;
    gate_.open();
    io_.restart();
    io_.run();

    EXPECT_EQ(audit.get().error().code, errc::stopping);
    closed.get();
}

TEST_F(SqliteAudit, FindsACounterThatTheRowsContradict) {
    auto first = reopen();
    ASSERT_TRUE(wait(first->accept_task(sample(1), {}, noon)));
    wait(first->close());
    first.reset();
    run_sql("UPDATE counter SET value = value + 1 WHERE kind = 'open'");

    auto second = reopen();
    auto const report = wait(second->audit());

    ASSERT_TRUE(report);
    EXPECT_EQ(report->violations, std::vector<std::string>{"counter open of tts: kept 2, the rows say 1"});
    wait(second->close());
}

TEST_F(SqliteAudit, LeavesALogThatIsCutBackAfterwards) {
    auto store = reopen();
    auto audit = hold_audit(*store);
    auto const write = [&](unsigned n) {
        auto item = sample(n);
        item.submit_body.assign(1'000'000, 'x');
        EXPECT_TRUE(wait_meanwhile(store->accept_task(item, {}, noon)));
    };
    for (auto n = 1U; n <= 140; ++n) write(n);
    auto const longest = std::filesystem::file_size(path() + "-wal");

    gate_.open();
    for (auto n = 141U; n <= 150; ++n) write(n);

    EXPECT_GT(longest, 140'000'000U);
    EXPECT_LE(std::filesystem::file_size(path() + "-wal"), 128U * 1024 * 1024);
    ASSERT_TRUE(audit.get());
    close(std::move(store));
}

}  // namespace
}  // namespace voicehook::contract
