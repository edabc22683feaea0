#include "connection_fixture.hpp"

namespace voicehook::http {
namespace {

class Farewell : public ConnectionFixture {};

TEST_F(Farewell, TheClientsAnswerEndsTheGoodbye) {
    serve_greeted();
    auto const until = deadline::in(10s);

    auto const parting = begin([](std::shared_ptr<connection> who, deadline by) -> awaitable<arrival> {
        co_await who->say_goodbye(by);
        co_return arrival::ended;
    }(served_, until));
    wait_until([&] { return peer_->got_close_notify(); });
    EXPECT_FALSE(parting->has_value()) << "the client has not answered";
    peer_->close_notify();
    finish(parting);
    wait_until([&] { return peer_->got_end(); });

    EXPECT_FALSE(until.passed());
    EXPECT_FALSE(peer_->failed());
    EXPECT_TRUE(served_->aborted());
}

TEST_F(Farewell, AClientThatDoesNotAnswerIsLeftAtTheDeadline) {
    serve_greeted();
    auto const until = deadline::in(30ms);

    part(until);

    EXPECT_TRUE(until.passed());
    wait_until([&] { return peer_->got_end(); });
    EXPECT_TRUE(peer_->got_close_notify());
}

TEST_F(Farewell, AClientThatClosesInsteadOfAnsweringIsLeftAtOnce) {
    serve_greeted();
    auto const until = deadline::in(10s);
    wire_.shutdown(asio::ip::tcp::socket::shutdown_send);

    part(until);

    EXPECT_FALSE(until.passed());
}

TEST_F(Farewell, WhatTheClientStillSendsIsThrownAway) {
    serve_greeted();
    auto const until = deadline::in(10s);
    for (auto i = 0; i < 20; ++i) peer_->write(std::string(10'000, 'x'));
    peer_->close_notify();

    part(until);
    wait_until([&] { return peer_->got_end(); });

    EXPECT_FALSE(until.passed());
    EXPECT_TRUE(peer_->got_close_notify());
    EXPECT_FALSE(peer_->failed());
}

TEST_F(Farewell, WhoeverHasSaidGoodbyeIsStillAnswered) {
    serve_greeted();
    peer_->close_notify();

    EXPECT_EQ(finish(served_->read_more(deadline::in(10s))), arrival::ended);
    EXPECT_EQ(finish(served_->write("answer", deadline::in(10s))), arrival::done);
    auto const until = deadline::in(10s);
    part(until);
    wait_until([&] { return peer_->got_end(); });

    EXPECT_EQ(peer_->received(), "answer");
    EXPECT_TRUE(peer_->got_close_notify());
    EXPECT_FALSE(until.passed());
}

TEST_F(Farewell, ATruncatedConnectionHasEnded) {
    serve_greeted();
    peer_->write("whole");
    flush();
    wire_.shutdown(asio::ip::tcp::socket::shutdown_send);

    EXPECT_EQ(read(5), "whole");
    EXPECT_EQ(finish(served_->read_more(deadline::in(10s))), arrival::ended);
    part(deadline::in(10s));
    EXPECT_FALSE(peer_->got_close_notify()) << "nothing is said to somebody who is gone";
}

}  // namespace
}  // namespace voicehook::http
