#include "http/byte_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <tuple>

namespace voicehook::http {
namespace {

namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

template <class Stream>
awaitable<std::pair<error_code, std::size_t>> read_some_of(Stream& stream, std::span<char> into) {
    auto const [error, count] = co_await stream.async_read_some(asio::buffer(into.data(), into.size()), as_values);
    co_return std::pair{error, count};
}

template <class Stream>
awaitable<error_code> write_all_to(Stream& stream, std::string_view bytes) {
    auto const [error, count] = co_await asio::async_write(stream, asio::buffer(bytes.data(), bytes.size()), as_values);
    co_return error;
}

void end_sending_on(tcp::socket& socket) {
    auto ignored = error_code{};
    socket.shutdown(tcp::socket::shutdown_send, ignored);
}

class plain_stream final : public byte_stream {
public:
    explicit plain_stream(tcp::socket socket) : socket_{std::move(socket)} {}

    awaitable<error_code> handshake() override { co_return error_code{}; }
    awaitable<std::pair<error_code, std::size_t>> read_some(std::span<char> into) override {
        return read_some_of(socket_, into);
    }
    awaitable<error_code> write(std::string_view bytes) override { return write_all_to(socket_, bytes); }
    awaitable<void> say_goodbye() override {
        end_sending();
        co_return;
    }
    void end_sending() override { end_sending_on(socket_); }
    void cancel() override {
        auto ignored = error_code{};
        socket_.cancel(ignored);
    }
    void close() override {
        auto ignored = error_code{};
        socket_.close(ignored);
    }

private:
    tcp::socket socket_;
};

class tls_stream final : public byte_stream {
public:
    tls_stream(tcp::socket socket, std::shared_ptr<ssl::context> context)
        : context_{std::move(context)}, stream_{std::move(socket), *context_} {}

    awaitable<error_code> handshake() override {
        auto const [error] = co_await stream_.async_handshake(ssl::stream_base::server, as_values);
        co_return error == ssl::error::stream_truncated ? asio::error::eof : error;
    }
    awaitable<std::pair<error_code, std::size_t>> read_some(std::span<char> into) override {
        return read_some_of(stream_, into);
    }
    awaitable<error_code> write(std::string_view bytes) override { return write_all_to(stream_, bytes); }
    awaitable<void> say_goodbye() override {
        co_await stream_.async_shutdown(as_values);
        end_sending_on(stream_.next_layer());
    }
    void end_sending() override {}
    void cancel() override {
        auto ignored = error_code{};
        stream_.next_layer().cancel(ignored);
    }
    void close() override {
        auto ignored = error_code{};
        stream_.next_layer().close(ignored);
    }

private:
    std::shared_ptr<ssl::context> context_;
    ssl::stream<tcp::socket> stream_;
};

}  // namespace

std::unique_ptr<byte_stream> create_plain_stream(tcp::socket socket) {
    return std::make_unique<plain_stream>(std::move(socket));
}

std::unique_ptr<byte_stream> create_tls_stream(tcp::socket socket, std::shared_ptr<ssl::context> context) {
    return std::make_unique<tls_stream>(std::move(socket), std::move(context));
}

}  // namespace voicehook::http
