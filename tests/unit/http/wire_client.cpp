#include "wire_client.hpp"

#include "http/message_text.hpp"
#include "run_coroutine.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <charconv>

namespace voicehook::test {
namespace {

using tcp = asio::ip::tcp;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

/// Owns the socket as well: the client may be gone before all is sent.
asio::awaitable<void> write_all(std::shared_ptr<tcp::socket> socket, std::string bytes) {
    co_await asio::async_write(*socket, asio::buffer(bytes), as_values);
}

}  // namespace

wire_client::wire_client(asio::io_context& io, std::uint16_t port)
    : io_{io}, socket_{std::make_shared<tcp::socket>(io)} {
    socket_->connect({asio::ip::address_v4::loopback(), port});
    socket_->set_option(tcp::no_delay{true});
}

bool wire_client::start_tls(asio::ssl::context& trust) {
    tls_ = std::make_unique<tls_stream>(*socket_, trust);
    return run(io_, shake_hands());
}

void wire_client::send(std::string_view bytes) { run(io_, write(bytes)); }

void wire_client::send_meanwhile(std::string bytes) {
    asio::co_spawn(io_, write_all(socket_, std::move(bytes)), asio::detached);
}

void wire_client::send_slowly(std::string_view bytes) { run(io_, write_slowly(bytes)); }

wire_answer wire_client::read_answer(body_of kind) { return run(io_, take_answer(kind)); }

std::string wire_client::read_rest() { return run(io_, take_rest()); }

std::string wire_client::read_through(std::string_view text) { return run(io_, take_through(text)); }

void wire_client::end_sending() { socket_->shutdown(tcp::socket::shutdown_send); }

void wire_client::close() { socket_->close(); }

asio::awaitable<std::size_t> wire_client::fill() {
    auto piece = std::string(64 * 1024, '\0');
    auto error = boost::system::error_code{};
    auto count = std::size_t{};
    if (tls_) {
        std::tie(error, count) = co_await tls_->async_read_some(asio::buffer(piece), as_values);
    } else {
        std::tie(error, count) = co_await socket_->async_read_some(asio::buffer(piece), as_values);
    }
    note(error);
    buffer_.append(piece, 0, count);
    co_return count;
}

asio::awaitable<void> wire_client::write(std::string_view bytes) {
    if (was_reset_) co_return;
    auto error = boost::system::error_code{};
    auto count = std::size_t{};
    if (tls_) {
        std::tie(error, count) = co_await asio::async_write(*tls_, asio::buffer(bytes), as_values);
    } else {
        std::tie(error, count) = co_await asio::async_write(*socket_, asio::buffer(bytes), as_values);
    }
    note(error);
}

void wire_client::note(boost::system::error_code error) {
    if (error && error != asio::error::eof) was_reset_ = true;
}

asio::awaitable<void> wire_client::write_slowly(std::string_view bytes) {
    auto pause = asio::steady_timer{io_};
    for (auto const byte : bytes) {
        if (socket_->available() != 0) co_return;
        co_await write({&byte, 1});
        pause.expires_after(std::chrono::milliseconds{5});
        co_await pause.async_wait(as_values);
    }
}

asio::awaitable<std::string> wire_client::take(std::size_t count) {
    while (buffer_.size() < count) {
        auto const arrived = co_await fill();
        if (arrived == 0) break;
    }
    auto taken = buffer_.substr(0, count);
    buffer_.erase(0, taken.size());
    co_return taken;
}

asio::awaitable<std::string> wire_client::take_through(std::string_view text) {
    auto end = buffer_.find(text);
    while (end == std::string::npos) {
        auto const arrived = co_await fill();
        if (arrived == 0) co_return std::string{};
        end = buffer_.find(text);
    }
    auto taken = co_await take(end + text.size());
    co_return taken;
}

asio::awaitable<std::string> wire_client::take_chunks() {
    auto body = std::string{};
    for (;;) {
        auto const line = co_await take_through("\r\n");
        auto size = std::size_t{};
        std::from_chars(line.data(), line.data() + line.size(), size, 16);
        auto const chunk = co_await take(size + 2);
        if (size == 0 || chunk.size() < size + 2) co_return body;
        body.append(chunk, 0, size);
    }
}

asio::awaitable<std::string> wire_client::take_rest() {
    for (;;) {
        auto const arrived = co_await fill();
        if (arrived == 0) co_return std::exchange(buffer_, {});
    }
}

asio::awaitable<wire_answer> wire_client::take_answer(body_of kind) {
    auto answer = wire_answer{};
    answer.head = co_await take_through("\r\n\r\n");
    if (answer.head.empty()) co_return answer;
    auto const status = std::string_view{answer.head}.substr(9, 3);
    std::from_chars(status.data(), status.data() + status.size(), answer.status);
    if (kind == body_of::head || answer.status < 200) co_return answer;

    auto const length = header_of(answer, "Content-Length");
    if (!length.empty()) {
        answer.body = co_await take(std::stoul(length));
    } else if (header_of(answer, "Transfer-Encoding") == "chunked") {
        answer.body = co_await take_chunks();
    } else {
        answer.body = co_await take_rest();
    }
    co_return answer;
}

asio::awaitable<bool> wire_client::shake_hands() {
    auto const [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_values);
    co_return !error;
}

std::string header_of(wire_answer const& answer, std::string_view name) {
    auto rest = std::string_view{answer.head};
    while (!rest.empty()) {
        auto const line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(std::min(rest.size(), line.size() + 2));
        auto const colon = line.find(':');
        if (colon != line.npos && http::equal_ignoring_case(line.substr(0, colon), name))
            return std::string{http::trim(line.substr(colon + 1))};
    }
    return {};
}

}  // namespace voicehook::test
