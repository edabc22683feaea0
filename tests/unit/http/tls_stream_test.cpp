#include "connection_fixture.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>

#include <array>

namespace voicehook::http {
namespace {

namespace ssl = asio::ssl;

bool done(attempt const& tried) { return !tried.error && !tried.awaits; }

class TlsStream : public ConnectionFixture {
protected:
    /// Handshakes with a client of at most this version.
    void greet(int highest_version = TLS1_3_VERSION) {
        peer_.emplace(highest_version);
        stream_ = make_tls_stream();
        wait_until([&] { return done(stream_->try_handshake()) && peer_->greeted(); });
        step();
    }
    attempt read_into(std::string& text) {
        auto piece = std::array<char, 4096>{};
        auto const tried = stream_->try_read(piece);
        text.append(piece.data(), tried.count);
        return tried;
    }
    /// Tries to read until there is something or an end.
    attempt read_some() {
        auto tried = attempt{};
        wait_until([&] {
            tried = read_into(text_);
            if (tried.awaits == readiness::turn) ++turns_;
            return !tried.awaits;
        });
        return tried;
    }
    void send_raw(std::string_view bytes) { wire_.write_some(asio::buffer(bytes.data(), bytes.size())); }
    /// The error of a handshake that is bound to fail.
    boost::system::error_code handshake_error() {
        auto tried = attempt{};
        wait_until([&] {
            tried = stream_->try_handshake();
            return !tried.awaits;
        });
        return tried.error;
    }

    std::unique_ptr<byte_stream> stream_;
    std::string text_;
    std::size_t turns_{};
};

TEST_F(TlsStream, ARecordMayBeCutAnywhere) {
    greet();
    for (auto cut = std::size_t{1};; ++cut) {
        peer_->write("cut anywhere");
        auto const record = std::exchange(peer_->outbox(), {});
        if (cut == record.size()) break;
        text_.clear();

        send_raw(record.substr(0, cut));
        auto const early = read_into(text_);
        send_raw(record.substr(cut));
        auto const whole = read_some();

        ASSERT_EQ(early.awaits, readiness::readable) << cut;
        ASSERT_TRUE(done(whole)) << cut;
        ASSERT_EQ(text_, "cut anywhere") << cut;
    }
}

TEST_F(TlsStream, RecordsThatCameTogetherAreReadWithoutAWaitInBetween) {
    greet();
    peer_->write("one");
    peer_->write("two");
    send_raw(std::exchange(peer_->outbox(), {}));

    read_some();
    EXPECT_FALSE(stream_->drained());
    read_into(text_);

    EXPECT_EQ(text_, "onetwo");
    EXPECT_TRUE(stream_->drained());
}

TEST_F(TlsStream, ClientsOfTls12AreServed) {
    greet(TLS1_2_VERSION);
    peer_->write("old");

    read_some();
    auto const sent = stream_->try_write("answer");
    wait_until([&] { return peer_->received() == "answer"; });

    EXPECT_EQ(text_, "old");
    EXPECT_TRUE(done(sent));
    EXPECT_EQ(sent.count, 6U);
}

TEST_F(TlsStream, NobodyRenegotiates) {
    greet(TLS1_2_VERSION);

    SSL_renegotiate(peer_->ssl());
    SSL_do_handshake(peer_->ssl());
    for (auto i = 0; i < 20; ++i) {
        read_into(text_);
        step();
    }

    EXPECT_EQ(SSL_num_renegotiations(peer_->ssl()), 1) << "asked for";
    EXPECT_TRUE(peer_->failed() || !peer_->greeted()) << "and not granted";
}

TEST_F(TlsStream, KeysChangeInBothDirections) {
    greet();

    for (auto i = 0; i < 3; ++i) {
        peer_->update_keys();
        peer_->write("new keys ");
        read_some();
        EXPECT_TRUE(done(stream_->try_write("seen ")));
    }
    wait_until([&] { return peer_->received().size() == 15; });

    EXPECT_EQ(text_, "new keys new keys new keys ");
    EXPECT_EQ(peer_->received(), "seen seen seen ");
}

TEST_F(TlsStream, AFloodOfKeyUpdatesLeavesOthersTheirTurn) {
    greet();
    for (auto i = 0; i < 6000; ++i) {
        SSL_key_update(peer_->ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(peer_->ssl());
    }
    peer_->write("at last");
    sent_at_once_ = everything;
    for (auto i = 0; i < 3; ++i) step();

    auto const tried = read_some();

    EXPECT_TRUE(done(tried));
    EXPECT_EQ(text_, "at last");
    EXPECT_GE(turns_, 2U);
}

TEST_F(TlsStream, ALongAnswerLeavesOthersTheirTurn) {
    greet();
    auto const text = std::string(1024 * 1024, 'x');
    stream_->socket().set_option(asio::socket_base::send_buffer_size{4 * 1024 * 1024});

    auto const tried = stream_->try_write(text);

    EXPECT_LE(tried.count, 256U * 1024U);
    EXPECT_TRUE(tried.awaits);
}

TEST_F(TlsStream, TheClientsCloseNotifyIsTheEndOfFile) {
    greet();
    peer_->close_notify();

    EXPECT_EQ(read_some().error, asio::error::eof);
}

TEST_F(TlsStream, AnEndWithoutCloseNotifyIsATruncation) {
    greet();
    wire_.shutdown(asio::ip::tcp::socket::shutdown_send);

    EXPECT_EQ(read_some().error, ssl::error::stream_truncated);
}

TEST_F(TlsStream, AnEndWithinARecordIsATruncation) {
    greet();
    peer_->write("half");
    send_raw(std::exchange(peer_->outbox(), {}).substr(0, 10));
    wire_.shutdown(asio::ip::tcp::socket::shutdown_send);

    EXPECT_EQ(read_some().error, ssl::error::stream_truncated);
}

TEST_F(TlsStream, AResetIsTold) {
    greet();
    wire_.set_option(asio::socket_base::linger{true, 0});
    peer_.reset();
    wire_.close();

    EXPECT_EQ(read_some().error, asio::error::connection_reset);
}

TEST_F(TlsStream, ChangedBytesAreAnErrorOfTls) {
    greet();
    peer_->write("authentic");
    auto record = std::exchange(peer_->outbox(), {});
    record.back() = static_cast<char>(record.back() ^ 1);
    send_raw(record);

    auto const error = read_some().error;

    EXPECT_EQ(error.category(), asio::error::get_ssl_category()) << error.message();
    EXPECT_EQ(ERR_peek_error(), 0U) << "the thread's queue of errors is left empty";
    EXPECT_TRUE(done(stream_->try_goodbye())) << "what has failed is not shut down, it just ends";
}

TEST_F(TlsStream, WhatIsNoTlsIsAnErrorOfTls) {
    for (auto const* text :
         {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x7f\xff garbage that goes on for a while",
          "\x80\x2e\x01\x03\x01 an old hello, or rather something much like it"}) {
        peer_.reset();
        stream_ = make_tls_stream();
        send_raw(text);
        wire_.shutdown(asio::ip::tcp::socket::shutdown_send);

        auto const error = handshake_error();

        EXPECT_TRUE(error.category() == asio::error::get_ssl_category()) << text << ": " << error.message();
        EXPECT_EQ(ERR_peek_error(), 0U);
    }
}

TEST_F(TlsStream, LeavingBeforeTheHandshakeIsDoneIsNoErrorOfTls) {
    for (auto const bytes : {std::size_t{0}, std::size_t{1}, std::size_t{50}}) {
        peer_.emplace();
        stream_ = make_tls_stream();
        send_raw(peer_->outbox().substr(0, bytes));
        peer_.reset();
        wire_.shutdown(asio::ip::tcp::socket::shutdown_send);

        EXPECT_EQ(handshake_error(), asio::error::eof) << bytes;
    }
}

TEST_F(TlsStream, ErrorsThatSomebodyElseLeftInTheQueueAreNotOurs) {
    greet();
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    auto const nothing_there = read_into(text_);
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    auto const sent = stream_->try_write("x");

    EXPECT_EQ(nothing_there.awaits, readiness::readable);
    EXPECT_TRUE(done(sent));
}

TEST_F(TlsStream, AClosedStreamFailsInstead) {
    greet();
    stream_->socket().close();

    EXPECT_TRUE(read_into(text_).error);
    EXPECT_TRUE(stream_->try_write("x").error);
    EXPECT_TRUE(done(stream_->try_goodbye()));
}

}  // namespace
}  // namespace voicehook::http
