#include "connection_fixture.hpp"

#include <boost/asio/ssl/context.hpp>

namespace voicehook::http {
namespace {

using tcp = asio::ip::tcp;

awaitable<void> store(awaitable<arrival> operation, std::shared_ptr<std::optional<arrival>> into) {
    auto const how = co_await std::move(operation);
    *into = how;
}

awaitable<arrival> say_goodbye(std::shared_ptr<connection> who, deadline until) {
    co_await who->say_goodbye(until);
    co_return arrival::ended;
}

}  // namespace

tcp::socket ConnectionFixture::connect() {
    auto acceptor = tcp::acceptor{io_, {asio::ip::address_v4::loopback(), 0}};
    acceptor.set_option(tcp::socket::send_buffer_size{4096});
    wire_ = tcp::socket{io_, tcp::v4()};
    wire_.set_option(tcp::socket::receive_buffer_size{4096});
    wire_.connect(acceptor.local_endpoint());
    wire_.set_option(tcp::no_delay{true});
    auto accepted = acceptor.accept();
    accepted.set_option(tcp::no_delay{true});
    return accepted;
}

std::unique_ptr<byte_stream> ConnectionFixture::make_tls_stream() { return create_tls_stream(connect(), context_); }

void ConnectionFixture::serve(std::unique_ptr<byte_stream> stream) {
    served_ = std::make_shared<connection>(io_.get_executor(), std::move(stream));
}

void ConnectionFixture::serve_greeted() {
    serve_tls();
    ASSERT_EQ(finish(served_->handshake(deadline::in(10s))), arrival::done);
    ASSERT_TRUE(peer_->greeted());
}

void ConnectionFixture::step() {
    if (peer_) peer_->move(wire_, sent_at_once_, read_at_once_);
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds{1});
    io_.poll();
}

ConnectionFixture::outcome ConnectionFixture::begin(awaitable<arrival> operation) {
    auto how = std::make_shared<std::optional<arrival>>();
    asio::co_spawn(io_, store(std::move(operation), how), [](std::exception_ptr const& thrown) {
        if (thrown) std::rethrow_exception(thrown);
    });
    io_.restart();
    io_.poll();
    return how;
}

arrival ConnectionFixture::finish(outcome const& begun) {
    wait_until([&] { return begun->has_value(); });
    return **begun;
}

void ConnectionFixture::part(deadline until) { finish(say_goodbye(served_, until)); }

std::string ConnectionFixture::read(std::size_t count) {
    auto all = std::string{};
    while (all.size() < count) {
        auto const how = finish(served_->read_more(deadline::in(10s)));
        if (how != arrival::done) break;
        all += served_->received();
        served_->consume(served_->received().size());
    }
    return all;
}

void ConnectionFixture::flush() {
    while (!peer_->outbox().empty()) peer_->move(wire_, everything, 0);
}

}  // namespace voicehook::http
