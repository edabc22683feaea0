#include "sqlite_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace voicehook::contract {
namespace {

/// Accepts tasks for ever and writes a byte for each that is durable.
[[noreturn]] void accept_for_ever(std::string const& path, int acknowledge) {
    auto io = asio::io_context{};
    auto opened = store::sqlite::open(io.get_executor(), {.path = path}, 1min, noon);
    if (!opened) std::_Exit(1);
    for (auto n = 1U;; ++n) {
        auto const accepted = wait_for(io, (*opened)->accept_task(submitting_sample(n), {.max_open = 1'000'000}, noon));
        if (!accepted || ::write(acknowledge, "x", 1) != 1) std::_Exit(2);
    }
}

class SqliteKill : public SqliteStore {
protected:
    /// Runs the child until it has acknowledged `count` tasks, kills it, and counts those it has acknowledged by then.
    unsigned kill_after(unsigned count) {
        int ends[2];
        if (::pipe(ends) != 0) throw std::runtime_error{"pipe"};
        auto const child = ::fork();
        if (child == 0) accept_for_ever(path(), ends[1]);
        ::close(ends[1]);

        auto acknowledged = 0U;
        auto byte = char{};
        while (acknowledged < count && ::read(ends[0], &byte, 1) == 1) ++acknowledged;
        ::kill(child, SIGKILL);
        while (::read(ends[0], &byte, 1) == 1) ++acknowledged;
        ::close(ends[0]);
        ::waitpid(child, nullptr, 0);
        return acknowledged;
    }
};

TEST_F(SqliteKill, AfterAKillAllThatWasAnsweredIsThereAndNoLeaseIsLeft) {
    auto const acknowledged = kill_after(50);

    auto store = reopen(noon + 1s);

    ASSERT_GE(acknowledged, 50U);
    for (auto n = 1U; n <= acknowledged; ++n) {
        auto const found = wait(store->find_task(id_of(n).value()));
        ASSERT_TRUE(found) << n;
        EXPECT_EQ(core::stage_of(found->state), core::stage::unknown);
    }
    EXPECT_LE(wait(store->summary(noon))->accepted, acknowledged + 1);
    close(std::move(store));
}

}  // namespace
}  // namespace voicehook::contract
