#include "api/backups.hpp"

#include "../../simulation/passing_store.hpp"
#include "store/memory/create.hpp"

#include <gtest/gtest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>

#include <future>
#include <stdexcept>

namespace voicehook::api {
namespace {

namespace json = boost::json;
constexpr auto noon = instant{1'775'131'200'000ms};

/// A store whose backup ends when a test lets it.
class held_store final : public simulation::passing_store {
public:
    explicit held_store(asio::any_io_executor executor)
        : passing_store{::voicehook::store::memory::create()}, gate_{executor, asio::steady_timer::time_point::max()} {}

    awaitable<result<ports::backup_report>> back_up(ports::backup_request request) override {
        request.progress->pages_total = 10;
        request.progress->pages_done = 4;
        requests.push_back(request);
        static_cast<void>(co_await gate_.async_wait(asio::as_tuple(asio::use_awaitable)));
        if (throws) throw std::runtime_error{"a surprise"};
        co_return answer;
    }
    std::string_view backup_advice() const noexcept override { return advice; }
    void let_go() { gate_.cancel(); }

    std::string advice;
    bool throws{};
    result<ports::backup_report> answer{ports::backup_report{.file = "/b/made.db", .bytes = 40'960, .tasks = 3}};
    std::vector<ports::backup_request> requests;

private:
    asio::steady_timer gate_;
};

class noon_clock final : public ports::clock {
public:
    instant now() const override { return noon; }
    awaitable<void> sleep(duration) override { co_return; }
    std::unique_ptr<ports::alarm> make_alarm() override { return nullptr; }
};

class Backups : public ::testing::Test {
protected:
    http::response ask(std::size_t route) {
        auto item = http::request{};
        item.principal = "ann";
        auto asked = asio::co_spawn(io_, backups_.routes().at(route).handle(std::move(item)), asio::use_future);
        run_what_is_ready();
        return asked.get();
    }
    http::response show() { return ask(0); }
    http::response begin() { return ask(1); }
    json::value shown() { return json::parse(show().body); }
    void let_it_end() {
        store_.let_go();
        run_what_is_ready();
    }
    void run_what_is_ready() {
        io_.restart();
        while (io_.poll_one() != 0) continue;
    }
    std::string last_success() {
        auto const page = metrics_.render();
        auto const name = std::string{"\nvoicehook_backup_last_success_timestamp_seconds "};
        auto const at = page.find(name);
        return at == std::string::npos ? "missing"
                                       : page.substr(at + name.size(), page.find('\n', at + 1) - at - name.size());
    }

    asio::io_context io_{1};
    held_store store_{io_.get_executor()};
    noon_clock clock_;
    telemetry::metrics metrics_{{}, "test"};
    flows::activity activity_{io_.get_executor(), 1};
    backups backups_{io_.get_executor(), store_, clock_, metrics_, activity_, {"/b", 5}};
};

TEST_F(Backups, AreNoneAtFirst) {
    EXPECT_EQ(show().status, 200);
    EXPECT_EQ(shown(), json::parse(R"({"supported":true,"advice":null,"running":null,"last":null})"));
}

TEST_F(Backups, AnswerAtOnceAndShowHowFarTheyAre) {
    auto const begun = begin();

    EXPECT_EQ(begun.status, 202);
    auto const running = shown().at("running");
    EXPECT_EQ(running, json::parse(R"({"started_at":"2026-04-02T12:00:00.000Z","who":"ann",
        "file":"/b/voicehook-20260402T120000.000Z.db","pages_done":4,"pages_total":10})"));
    ASSERT_EQ(store_.requests.size(), 1U);
    EXPECT_EQ(store_.requests.front().folder, "/b");
    EXPECT_EQ(store_.requests.front().keep, 5U);
    let_it_end();
}

TEST_F(Backups, TellWhatBecameOfTheLastOne) {
    static_cast<void>(begin());

    let_it_end();

    EXPECT_EQ(shown().at("running"), nullptr);
    EXPECT_EQ(shown().at("last"), json::parse(R"({"started_at":"2026-04-02T12:00:00.000Z",
        "finished_at":"2026-04-02T12:00:00.000Z","who":"ann","file":"/b/made.db","bytes":40960,"verified":true,
        "error":null})"));
    EXPECT_EQ(std::stod(last_success()), 1'775'131'200.0);
}

TEST_F(Backups, AreActionsOfWhoAskedForThem) {
    static_cast<void>(begin());
    let_it_end();

    auto kept = asio::co_spawn(io_, store_.list_actions({}), asio::use_future);
    run_what_is_ready();
    auto const page = kept.get();
    ASSERT_EQ(page->items.size(), 1U);
    EXPECT_EQ(page->items.front().what, ports::action_kind::backup);
    EXPECT_EQ(page->items.front().who, "ann");
    EXPECT_EQ(page->items.front().subject, "/b/voicehook-20260402T120000.000Z.db");
}

TEST_F(Backups, ThatFailSayWhyAndCountAsNoSuccess) {
    store_.answer = fail(errc::store_full, "the disk is full");
    static_cast<void>(begin());

    let_it_end();

    auto const last = shown().at("last");
    EXPECT_EQ(last.at("verified"), false);
    EXPECT_EQ(last.at("bytes"), nullptr);
    EXPECT_EQ(last.at("error"), "the disk is full");
    EXPECT_EQ(last.at("file"), "/b/voicehook-20260402T120000.000Z.db");
    EXPECT_EQ(last_success(), "0");
}

TEST_F(Backups, RunOneAtATime) {
    static_cast<void>(begin());

    auto const second = begin();
    let_it_end();
    auto const third = begin();
    let_it_end();

    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(json::parse(second.body).at("error").at("code"), "backup_running");
    EXPECT_EQ(third.status, 202);
}

TEST_F(Backups, ThatASurpriseEndsLeaveRoomForTheNext) {
    store_.throws = true;
    static_cast<void>(begin());

    let_it_end();

    EXPECT_EQ(shown().at("last").at("error"), "a surprise");
    EXPECT_EQ(begin().status, 202);
    let_it_end();
}

TEST_F(Backups, OfADatabaseThatMakesItsOwnAreRefusedWithAdvice) {
    store_.advice = "Use pg_basebackup.";

    auto const refused = begin();

    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(json::parse(refused.body).at("error").at("code"), "use_the_databases_own");
    EXPECT_EQ(json::parse(refused.body).at("detail"), "Use pg_basebackup.");
    EXPECT_EQ(shown().at("supported"), false);
    EXPECT_EQ(shown().at("advice"), "Use pg_basebackup.");
    EXPECT_TRUE(store_.requests.empty());
}

}  // namespace
}  // namespace voicehook::api
