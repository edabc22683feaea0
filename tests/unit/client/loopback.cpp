#include "tests/unit/client/loopback.hpp"

#include "async/nursery.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace voicehook::testing {

namespace {

using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::size_t body_length(std::string const& head) {
    constexpr auto name = std::string_view{"Content-Length: "};
    auto const found = head.find(name);
    if (found == std::string::npos) return 0;
    auto length = std::size_t{0};
    std::from_chars(head.data() + found + name.size(), head.data() + head.size(), length);
    return length;
}

asio::ssl::context make_context(issued_certificate const& item) {
    auto context = asio::ssl::context{asio::ssl::context::tls_server};
    context.use_certificate_chain(asio::buffer(item.certificate_pem));
    context.use_private_key(asio::buffer(item.key_pem), asio::ssl::context::pem);
    return context;
}

awaitable<void> run_always(server_peer& peer, std::string answer) {
    for (;;) {
        auto const request = co_await peer.read_request();
        if (!request) co_return;
        co_await peer.send(answer);
    }
}

enum class ending : unsigned char { close, stall, reset };

awaitable<void> run_once(server_peer& peer, std::string answer, ending how) {
    static_cast<void>(co_await peer.read_request());
    if (!answer.empty()) co_await peer.send(std::move(answer));
    if (how == ending::stall) co_await peer.wait_for_close();
    if (how == ending::reset) peer.reset();
}

server_script once(std::string answer, ending how) {
    return [answer = std::move(answer), how](server_peer& peer, std::size_t) { return run_once(peer, answer, how); };
}

}  // namespace

server_peer::server_peer(tcp::socket socket, asio::ssl::context* tls, std::vector<std::string>& log)
    : socket_{std::move(socket)}, log_{log} {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
}

awaitable<bool> server_peer::handshake() {
    if (!tls_) co_return true;
    auto const [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, as_result);
    co_return !error;
}

awaitable<bool> server_peer::start_tls(issued_certificate certificate) {
    tls_.emplace(socket_, own_tls_.emplace(make_context(certificate)));
    auto const shaken = co_await handshake();
    co_return shaken;
}

awaitable<std::size_t> server_peer::read_some() {
    auto room = std::array<char, 4096>{};
    auto count = std::size_t{0};
    if (tls_) {
        auto const [error, bytes] = co_await tls_->async_read_some(asio::buffer(room), as_result);
        count = error ? 0 : bytes;
    } else {
        auto const [error, bytes] = co_await socket_.async_read_some(asio::buffer(room), as_result);
        count = error ? 0 : bytes;
    }
    pending_.append(room.data(), count);
    co_return count;
}

awaitable<std::optional<std::string>> server_peer::read_request() {
    for (;;) {
        auto const head_end = pending_.find("\r\n\r\n");
        if (head_end != std::string::npos) {
            auto const total = head_end + 4 + body_length(pending_.substr(0, head_end));
            if (pending_.size() >= total) {
                auto request = pending_.substr(0, total);
                pending_.erase(0, total);
                log_.push_back(request);
                co_return request;
            }
        }
        auto const count = co_await read_some();
        if (count == 0) co_return std::nullopt;
    }
}

awaitable<std::string> server_peer::read_bytes() {
    if (pending_.empty()) static_cast<void>(co_await read_some());
    co_return std::exchange(pending_, {});
}

awaitable<void> server_peer::send(std::string bytes) {
    if (tls_) {
        static_cast<void>(co_await asio::async_write(*tls_, asio::buffer(bytes), as_result));
    } else {
        static_cast<void>(co_await asio::async_write(socket_, asio::buffer(bytes), as_result));
    }
}

awaitable<void> server_peer::wait_for_close() {
    for (;;) {
        auto const count = co_await read_some();
        if (count == 0) co_return;
    }
}

awaitable<void> server_peer::say_goodbye() {
    if (tls_) static_cast<void>(co_await tls_->async_shutdown(as_result));
    close();
}

void server_peer::close() {
    auto ignored = boost::system::error_code{};
    socket_.close(ignored);
}

void server_peer::reset() {
    auto ignored = boost::system::error_code{};
    socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket_.close(ignored);
}

struct loopback_server::state {
    tcp::acceptor acceptor;
    std::optional<asio::ssl::context> tls;
    server_script script;
    std::size_t accepted{};
    std::size_t finished{};
    std::vector<std::string> requests;
    std::set<server_peer*> open;
    async::nursery peers;

    state(asio::io_context& io, server_script what)
        : acceptor{io, tcp::endpoint{asio::ip::address_v4::loopback(), 0}},
          script{std::move(what)},
          peers{io.get_executor()} {}

    static awaitable<void> accept(std::shared_ptr<state> self);
    static awaitable<void> serve(std::shared_ptr<state> self, tcp::socket socket, std::size_t number);
};

awaitable<void> loopback_server::state::accept(std::shared_ptr<state> self) {
    for (;;) {
        auto [error, socket] = co_await self->acceptor.async_accept(as_result);
        if (error) co_return;
        self->peers.spawn("serve", serve(self, std::move(socket), self->accepted++));
    }
}

awaitable<void> loopback_server::state::serve(std::shared_ptr<state> self, tcp::socket socket, std::size_t number) {
    auto peer = server_peer{std::move(socket), self->tls ? &*self->tls : nullptr, self->requests};
    self->open.insert(&peer);
    auto const shaken = co_await peer.handshake();
    if (shaken) co_await self->script(peer, number);
    self->open.erase(&peer);
    peer.close();
    ++self->finished;
}

loopback_server::loopback_server(asio::io_context& io, server_script script, std::optional<issued_certificate> tls)
    : state_{std::make_shared<state>(io, std::move(script))} {
    if (tls) state_->tls.emplace(make_context(*tls));
    state_->peers.spawn("accept", state::accept(state_));
}

loopback_server::~loopback_server() {
    auto ignored = boost::system::error_code{};
    state_->acceptor.close(ignored);
    for (auto* const peer : state_->open) peer->close();
}

std::uint16_t loopback_server::port() const { return state_->acceptor.local_endpoint().port(); }

std::string loopback_server::url(std::string const& scheme, std::string const& host) const {
    return fmt::format("{}://{}:{}", scheme, host, port());
}

std::size_t loopback_server::accepted() const noexcept { return state_->accepted; }
std::size_t loopback_server::finished() const noexcept { return state_->finished; }
std::vector<std::string> const& loopback_server::requests() const noexcept { return state_->requests; }

server_script answer_always(std::string answer) {
    return [answer = std::move(answer)](server_peer& peer, std::size_t) { return run_always(peer, answer); };
}

server_script answer_and_close(std::string answer) { return once(std::move(answer), ending::close); }
server_script answer_and_stall(std::string answer) { return once(std::move(answer), ending::stall); }
server_script answer_and_reset(std::string answer) { return once(std::move(answer), ending::reset); }

std::string http_answer(std::string const& status, std::string const& body, std::string const& more_headers) {
    return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), more_headers, body);
}

}  // namespace voicehook::testing
