#include "http/socket_io.hpp"

#include <boost/asio/error.hpp>

#include <cerrno>

#include <sys/socket.h>

namespace voicehook::http {
namespace {

attempt judge(ssize_t result, readiness otherwise) {
    if (result >= 0) return {.count = static_cast<std::size_t>(result)};
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {.awaits = otherwise};
    return {.error = {errno, boost::system::system_category()}};
}

template <class Call>
ssize_t uninterrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

attempt receive_with(int flags, asio::ip::tcp::socket& socket, std::span<char> into) {
    auto const descriptor = socket.native_handle();
    auto const result =
        uninterrupted([&] { return ::recv(descriptor, into.data(), into.size(), flags | MSG_DONTWAIT); });
    if (result == 0) return {.error = asio::error::eof};
    return judge(result, readiness::readable);
}

}  // namespace

attempt receive(asio::ip::tcp::socket& socket, std::span<char> into) { return receive_with(0, socket, into); }

attempt peek(asio::ip::tcp::socket& socket, std::span<char> into) { return receive_with(MSG_PEEK, socket, into); }

attempt send(asio::ip::tcp::socket& socket, std::string_view bytes) {
    auto const descriptor = socket.native_handle();
    auto const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    auto const result = uninterrupted([&] { return ::send(descriptor, bytes.data(), bytes.size(), flags); });
    return judge(result, readiness::writable);
}

void end_sending_on(asio::ip::tcp::socket& socket) {
    auto ignored = boost::system::error_code{};
    socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

}  // namespace voicehook::http
