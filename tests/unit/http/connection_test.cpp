#include "connection_fixture.hpp"

#include <boost/asio/post.hpp>

#include <malloc.h>

#include <csignal>

namespace voicehook::http {
namespace {

using tcp = asio::ip::tcp;

class Connection : public ConnectionFixture {
protected:
    static std::string long_text(std::size_t size) {
        auto text = std::string(size, '\0');
        for (auto i = std::size_t{}; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
        return text;
    }
    /// A socket that has the descriptor which the connection has just given up, and another that writes to it.
    struct heir {
        tcp::socket taken;
        tcp::socket other;
    };
    heir take_over_descriptor() {
        auto acceptor = tcp::acceptor{io_, {asio::ip::address_v4::loopback(), 0}};
        auto made = heir{tcp::socket{io_, tcp::v4()}, tcp::socket{io_}};
        made.taken.connect(acceptor.local_endpoint());
        made.other = acceptor.accept();
        return made;
    }
    static std::size_t allocated() { return mallinfo2().uordblks; }
};

TEST_F(Connection, AHandshakeAndARequestMayComeByteByByte) {
    sent_at_once_ = 1;
    read_at_once_ = 1;
    serve_greeted();

    peer_->write("hello");

    EXPECT_EQ(read(5), "hello");
}

TEST_F(Connection, AMegabyteReachesASlowReaderWhole) {
    auto const text = long_text(1024 * 1024);
    serve_greeted();
    read_at_once_ = 3000;

    auto const written = begin(served_->write(text, deadline::in(20s)));
    EXPECT_FALSE(written->has_value()) << "the buffers below are smaller";
    auto const how = finish(written);
    wait_until([&] { return peer_->received().size() == text.size(); });

    EXPECT_EQ(how, arrival::done);
    EXPECT_EQ(peer_->received(), text);
}

TEST_F(Connection, APlainMegabyteReachesASlowReaderWhole) {
    auto const text = long_text(1024 * 1024);
    serve_plain();
    peer_.reset();
    auto received = std::string{};
    auto piece = std::string(3000, '\0');

    auto const written = begin(served_->write(text, deadline::in(20s)));
    while (received.size() < text.size()) {
        received.append(piece, 0, wire_.available() == 0 ? 0 : wire_.read_some(asio::buffer(piece)));
        step();
    }

    EXPECT_EQ(finish(written), arrival::done);
    EXPECT_EQ(received, text);
}

TEST_F(Connection, AReadThatWasInterruptedMayBeRepeated) {
    serve_greeted();
    auto const waiting = begin(served_->read_more(deadline::in(10s)));

    served_->interrupt();
    auto const how = finish(waiting);
    peer_->write("later");

    EXPECT_EQ(how, arrival::interrupted);
    EXPECT_EQ(read(5), "later");
}

TEST_F(Connection, AnInterruptionTakesNothingAwayThatHadArrived) {
    serve_greeted();
    auto const waiting = begin(served_->read_more(deadline::in(10s)));
    peer_->write("just in time");
    flush();

    served_->interrupt();

    EXPECT_EQ(finish(waiting), arrival::done);
    EXPECT_EQ(served_->received(), "just in time");
}

TEST_F(Connection, EachWaitEndsAtItsDeadline) {
    serve_tls();
    peer_.reset();
    EXPECT_EQ(finish(served_->handshake(deadline::in(20ms))), arrival::timed_out);

    peer_.emplace();
    serve_greeted();
    EXPECT_EQ(finish(served_->read_more(deadline::in(20ms))), arrival::timed_out);
    read_at_once_ = 0;
    auto const text = long_text(8 * 1024 * 1024);
    EXPECT_EQ(finish(served_->write(text, deadline::in(20ms))), arrival::timed_out);
    EXPECT_EQ(finish(served_->write(text, deadline::in(-1ms))), arrival::timed_out) << "without being tried";
}

TEST_F(Connection, ADeadlineMovesNearerAndAwayAgain) {
    serve_greeted();

    auto const far = begin(served_->read_more(deadline::in(1h)));
    served_->interrupt();
    EXPECT_EQ(finish(far), arrival::interrupted);
    auto const soon = deadline::in(20ms);
    EXPECT_EQ(finish(served_->read_more(soon)), arrival::timed_out);
    EXPECT_TRUE(soon.passed());

    auto const near = begin(served_->read_more(deadline::in(20ms)));
    served_->interrupt();
    EXPECT_EQ(finish(near), arrival::interrupted);
    auto const later = deadline::in(80ms);
    EXPECT_EQ(finish(served_->read_more(later)), arrival::timed_out);
    EXPECT_TRUE(later.passed()) << "the timer of the one before ends earlier and says nothing about this one";
}

TEST_F(Connection, AReaderOfOneByteNowAndThenGainsNothing) {
    serve_greeted();
    read_at_once_ = 1;
    auto const text = long_text(8 * 1024 * 1024);
    auto const until = deadline::in(100ms);

    EXPECT_EQ(finish(served_->write(text, until)), arrival::timed_out);
    EXPECT_TRUE(until.passed());
}

TEST_F(Connection, AbortEndsTheHandshakeReadingAndWriting) {
    serve_tls();
    peer_.reset();
    auto const greeting = begin(served_->handshake(deadline::in(10s)));
    served_->abort();
    EXPECT_EQ(finish(greeting), arrival::ended);

    peer_.emplace();
    serve_greeted();
    auto const reading = begin(served_->read_more(deadline::in(10s)));
    served_->abort();
    EXPECT_EQ(finish(reading), arrival::ended);

    peer_.emplace();
    serve_greeted();
    read_at_once_ = 0;
    auto const text = long_text(8 * 1024 * 1024);
    auto const writing = begin(served_->write(text, deadline::in(10s)));
    served_->abort();
    EXPECT_EQ(finish(writing), arrival::ended);
    EXPECT_EQ(finish(served_->read_more(deadline::in(10s))), arrival::ended);
}

TEST_F(Connection, ADescriptorGivenToSomebodyElseIsNotTouched) {
    auto const text = long_text(8 * 1024 * 1024);
    for (auto const writes : {false, true}) {
        peer_.emplace();
        serve_greeted();
        read_at_once_ = writes ? 0 : one_piece;
        auto const waiting =
            begin(writes ? served_->write(text, deadline::in(10s)) : served_->read_more(deadline::in(10s)));

        served_->abort();
        auto heir = take_over_descriptor();
        heir.other.write_some(asio::buffer("theirs", 6));
        auto const how = finish(waiting);
        auto found = std::string(6, '\0');
        heir.taken.read_some(asio::buffer(found));

        EXPECT_EQ(how, arrival::ended);
        EXPECT_EQ(found, "theirs");
        EXPECT_EQ(heir.other.available(), 0U);
        read_at_once_ = one_piece;
    }
}

TEST_F(Connection, AConnectionThatWaitsIsSmall) {
    serve_greeted();
    peer_->write(long_text(16 * 1024));
    EXPECT_EQ(read(16 * 1024).size(), 16U * 1024U);
    EXPECT_EQ(finish(served_->write(long_text(16 * 1024), deadline::in(10s))), arrival::done);
    wait_until([&] { return peer_->received().size() == 16 * 1024; });
    auto const waiting = begin(served_->read_more(deadline::in(10s)));
    served_->interrupt();
    finish(waiting);

    auto const with = allocated();
    served_.reset();
    auto const without = allocated();

    EXPECT_LT(with - without, 14U * 1024U) << "one buffer of a record alone has 16 KiB";
}

TEST_F(Connection, WhoeverSendsWithoutPauseLeavesOthersTheirTurn) {
    serve_plain();
    peer_.reset();
    auto const text = long_text(1000);
    wire_.write_some(asio::buffer(text));
    auto const pipelined = [](std::shared_ptr<connection> from, std::size_t& writes) -> awaitable<arrival> {
        auto how = arrival::done;
        while (how == arrival::done && writes < 200) {
            how = co_await from->write("x", deadline::in(10s));
            ++writes;
        }
        co_return how;
    };
    auto writes = std::size_t{};
    auto writes_before_the_other = std::size_t{};

    asio::post(io_, [&] { asio::post(io_, [&] { writes_before_the_other = writes; }); });
    auto const how = finish(pipelined(served_, writes));

    EXPECT_EQ(how, arrival::done);
    EXPECT_GT(writes_before_the_other, 0U);
    EXPECT_LT(writes_before_the_other, 100U);
}

TEST_F(Connection, WritingToAClientThatIsGoneRaisesNoSignal) {
    auto* const before = std::signal(SIGPIPE, SIG_DFL);
    serve_greeted();
    wire_.set_option(asio::socket_base::linger{true, 0});
    peer_.reset();
    wire_.close();

    static_cast<void>(finish(served_->write("a", deadline::in(10s))));
    auto const how = finish(served_->write("b", deadline::in(10s)));

    EXPECT_EQ(how, arrival::ended);
    std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace voicehook::http
