// One client's connection: what it sent and we have not used yet, and an absolute deadline around every wait.
#pragma once

#include "base/deadline.hpp"
#include "http/byte_stream.hpp"
#include "http/proxy_header.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::http {

template <class T>
using awaitable = asio::awaitable<T>;

/// How a wait for the client ended.
enum class arrival : std::uint8_t {
    done = 1,
    ended,   ///< the client is gone, or we are
    failed,  ///< a handshake that went wrong, or a header that is none
    timed_out,
    interrupted,  ///< by `interrupt`
};

/// One operation at a time, tried before it is waited for: an idle connection holds no buffer. The same deadline may be
/// given to many operations: then it bounds them together, so that a client that sends a byte now and then gains
/// nothing.
class connection : public std::enable_shared_from_this<connection> {
public:
    connection(asio::any_io_executor executor, std::unique_ptr<byte_stream> stream);

    /// The PROXY header that comes before anything else, TLS included; never `partial` or `wrong`. Not a byte more is
    /// taken, and none is ever answered.
    [[nodiscard]] awaitable<std::expected<proxy_header, arrival>> take_proxy_header(deadline until);
    [[nodiscard]] awaitable<arrival> handshake(deadline until);
    /// Adds at least one byte, at most 8 KiB, to `received`.
    [[nodiscard]] awaitable<arrival> read_more(deadline until);
    [[nodiscard]] awaitable<arrival> write(std::string_view bytes, deadline until);
    /// Ends the connection in good order, then closes it. Nothing may be done with it afterwards.
    [[nodiscard]] awaitable<void> say_goodbye(deadline until);

    /// What has been read and not consumed; valid until the next read.
    [[nodiscard]] std::string_view received() const noexcept { return std::string_view{buffer_}.substr(used_); }
    void consume(std::size_t count) noexcept { used_ += count; }

    void end_sending() { stream_->end_sending(); }
    /// Ends a pending wait.
    void interrupt();
    /// Closes at once; a pending wait and all later ones return `ended`.
    void abort();
    [[nodiscard]] bool aborted() const noexcept { return aborted_; }

private:
    using error_code = boost::system::error_code;

    /// Tries `step` until it is done, and waits in between for what it asks for; `first`: before the first time, too.
    template <class Step>
    [[nodiscard]] awaitable<arrival> persist(deadline until, std::optional<readiness> first, Step step);
    [[nodiscard]] attempt read_once();
    [[nodiscard]] bool begin(deadline until);
    [[nodiscard]] arrival end(error_code error);
    void watch_deadline();
    void look_at_deadline();
    void cancel();

    std::unique_ptr<byte_stream> stream_;
    asio::steady_timer timer_;
    deadline until_{deadline::at({})};  ///< of the present operation, or of the last
    std::string buffer_;
    std::size_t used_{};
    unsigned without_a_wait_{};  ///< operations in a row
    error_code last_error_;
    bool watched_{};  ///< the timer runs; it may end before `until_`, never after it
    bool pending_{};
    bool timed_out_{};
    bool interrupted_{};
    bool aborted_{};
};

}  // namespace voicehook::http
