#include "listener_fixture.hpp"
#include "run_coroutine.hpp"

#include <gmock/gmock.h>

namespace voicehook::http {
namespace {

using test::header_of;
using testing::HasSubstr;

class ListenerShutdown : public ListenerFixture {
protected:
    result<void> try_to_start(listener_settings settings) {
        auto const other = create_listener(io_.get_executor(), std::move(settings), *routes_, {}, {});
        return other->start();
    }
};

TEST_F(ListenerShutdown, IdleConnectionsCloseAndNewOnesAreRefused) {
    start();
    auto idle = connect();
    idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(idle.read_answer().status, 200);

    listener_->stop_accepting();

    EXPECT_TRUE(listener_->draining());
    EXPECT_EQ(idle.read_rest(), "");
    EXPECT_THROW(connect(), boost::system::system_error);
    test::run(io_, listener_->drained(deadline::in(1h)));
    EXPECT_EQ(connections_, 0);
}

TEST_F(ListenerShutdown, SentAwayClientsAreServedOnceMoreOnEachConnection) {
    start();
    auto kept = connect();
    kept.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(header_of(kept.read_answer(), "Connection"), "");

    listener_->send_away();
    kept.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    auto const last = kept.read_answer();
    auto const next = ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_FALSE(listener_->draining());
    EXPECT_EQ(last.body, "abc");
    EXPECT_EQ(header_of(last, "Connection"), "close");
    EXPECT_EQ(kept.read_rest(), "");
    EXPECT_FALSE(kept.was_reset());
    EXPECT_EQ(next.body, "hello");
    EXPECT_EQ(header_of(next, "Connection"), "close");
}

TEST_F(ListenerShutdown, ARequestUnderWayIsFinishedWithConnectionClose) {
    start();
    auto client = connect();
    client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until([&] { return hanging_ == 1; });

    listener_->stop_accepting();
    released_.cancel();
    auto const answer = client.read_answer();

    EXPECT_EQ(answer.body, "released");
    EXPECT_EQ(header_of(answer, "Connection"), "close");
    EXPECT_EQ(client.read_rest(), "");
}

TEST_F(ListenerShutdown, AStreamEndsInGoodOrder) {
    start();
    auto client = connect();
    client.send("GET /open-events HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_through("data: 1\n\n");
    wait_until([&] { return hanging_ == 1; });

    listener_->stop_accepting();
    released_.cancel();

    EXPECT_THAT(client.read_rest(), HasSubstr("0\r\n\r\n"));
}

TEST_F(ListenerShutdown, WhatHangsIsEndedAtTheDeadline) {
    start();
    auto client = connect();
    client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until([&] { return hanging_ == 1; });

    test::run(io_, listener_->drained(deadline::in(20ms)));

    EXPECT_EQ(connections_, 0);
    EXPECT_EQ(client.read_answer().status, 0);
    EXPECT_EQ(rejected("handler_failed"), 0U);
}

TEST_F(ListenerShutdown, APortInUseIsAConflictThatNamesItsKey) {
    start();

    auto const started = try_to_start({.name = "api", .address = "127.0.0.1:" + std::to_string(listener_->port())});

    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().code, errc::conflict);
    EXPECT_THAT(started.error().doing, HasSubstr("api.listen"));
}

TEST_F(ListenerShutdown, BadSettingsAreInvalidAndNameTheirKey) {
    auto const address = try_to_start({.name = "api", .address = "localhost:80"});
    auto const foreign = try_to_start({.name = "api", .address = "203.0.113.1:80"});
    auto const proxies = try_to_start({.name = "public", .address = "127.0.0.1:0", .trusted_proxies = {"10.0.0.0/99"}});

    ASSERT_FALSE(address.has_value());
    EXPECT_EQ(address.error().code, errc::invalid);
    EXPECT_THAT(address.error().doing, HasSubstr("api.listen"));
    ASSERT_FALSE(foreign.has_value());
    EXPECT_EQ(foreign.error().code, errc::invalid);
    ASSERT_FALSE(proxies.has_value());
    EXPECT_EQ(proxies.error().code, errc::invalid);
    EXPECT_THAT(proxies.error().doing, HasSubstr("public.trusted_proxies"));
}

}  // namespace
}  // namespace voicehook::http
