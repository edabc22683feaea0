#include "async/tls_context.hpp"
#include "listener_fixture.hpp"
#include "test_certificate.hpp"

#include <gmock/gmock.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace voicehook::http {
namespace {

using test::header_of;

class ListenerTls : public ListenerFixture {
protected:
    std::shared_ptr<asio::ssl::context> make_server(test::certificate_files const& files,
                                                    std::string const& client_ca = {}) {
        return async::make_server_tls({files.certificate, files.key, client_ca}).value().context;
    }
    void start_with_tls(listener_limits limits = {}) {
        start(limits, {}, [this] { return server_; });
    }
    test::wire_client connect_with_tls() {
        auto client = connect();
        EXPECT_TRUE(client.start_tls(*trust_));
        return client;
    }

    test::scratch_directory scratch_;
    test::certificate_files files_{test::make_certificate(scratch_.path() / "server", "localhost")};
    std::shared_ptr<asio::ssl::context> server_{make_server(files_)};
    std::shared_ptr<asio::ssl::context> trust_{async::make_client_tls(files_.certificate).value()};
};

TEST_F(ListenerTls, RequestsAreServedOverTls) {
    start_with_tls();
    auto client = connect_with_tls();

    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const first = client.read_answer();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    auto const second = client.read_answer();

    EXPECT_EQ(first.body, "hello");
    EXPECT_EQ(second.body, "abc");
    EXPECT_EQ(client.read_rest(), "");
}

TEST_F(ListenerTls, AClientThatStillSendsGetsIts413) {
    start_with_tls();
    auto client = connect_with_tls();
    auto const size = 200 * 1024;

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    client.send(std::string(size, 'x'));

    EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(ListenerTls, ASlowHeaderIs408) {
    start_with_tls({.header = 200ms});
    auto client = connect_with_tls();

    client.send("GET /hello HTTP/1.1\r\n");

    EXPECT_EQ(client.read_answer().status, 408);
}

TEST_F(ListenerTls, PlainHttpOnATlsPortIsCounted) {
    start_with_tls();
    auto client = connect();

    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_rest();

    EXPECT_EQ(rejected("tls"), 1U);
}

TEST_F(ListenerTls, ASlowHandshakeIsCounted) {
    start_with_tls({.handshake = 20ms});
    auto client = connect();

    EXPECT_EQ(client.read_rest(), "");
    EXPECT_EQ(rejected("timeout_handshake"), 1U);
}

TEST_F(ListenerTls, AProbeThatConnectsAndLeavesIsNotCounted) {
    start_with_tls();
    auto client = connect();
    wait_until([&] { return connections_ == 1; });

    client.close();
    wait_until([&] { return connections_ == 0; });

    EXPECT_TRUE(rejected_.empty());
}

TEST_F(ListenerTls, NewConnectionsUseTheCertificateOfAReload) {
    start_with_tls();
    auto before = connect_with_tls();
    auto const other = test::make_certificate(scratch_.path() / "other", "localhost");

    server_ = make_server(other);
    auto stale = connect();
    auto const stale_trust_holds = stale.start_tls(*trust_);
    trust_ = async::make_client_tls(other.certificate).value();
    auto after = connect_with_tls();

    EXPECT_FALSE(stale_trust_holds);
    after.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(after.read_answer().status, 200);
    before.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(before.read_answer().status, 200) << "old connections go on";
}

TEST_F(ListenerTls, ClientCertificatesAreRequiredWhenAClientAuthorityIsSet) {
    server_ = make_server(files_, files_.certificate);
    start_with_tls();
    auto without = connect();
    without.start_tls(*trust_);
    without.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(without.read_answer().status, 0);
    EXPECT_EQ(rejected("tls"), 1U);

    trust_->use_certificate_chain_file(files_.certificate);
    trust_->use_private_key_file(files_.key, asio::ssl::context::pem);
    auto with = connect_with_tls();
    with.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(with.read_answer().status, 200);
}

TEST_F(ListenerTls, ShutdownClosesIdleConnectionsInGoodOrder) {
    start_with_tls();
    auto client = connect_with_tls();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200);

    listener_->stop_accepting();

    EXPECT_EQ(client.read_rest(), "");
}

}  // namespace
}  // namespace voicehook::http
