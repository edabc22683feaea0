#include "tests/simulator/callback_sender.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <deque>

namespace simulator {
namespace {

using namespace std::chrono_literals;
using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;

constexpr auto settled = asio::as_tuple(asio::use_awaitable);
constexpr auto farewell_limit = 1000ms;
constexpr std::size_t longest_head = 16 * 1024;
constexpr std::size_t longest_body = 1024;

// One connection and what must be closed when its time is over.
struct connection {
    connection(asio::any_io_executor const& executor, asio::ssl::context& tls)
        : resolver{executor}, stream{executor, tls}, watchdog{executor} {}

    void close() {
        auto ignored = error_code{};
        resolver.cancel();
        stream.next_layer().close(ignored);
    }

    tcp::resolver resolver;
    asio::ssl::stream<tcp::socket> stream;
    asio::steady_timer watchdog;
    bool expired = false;
};

// The handler belongs to the timer of the connection that it holds, so it ends with the timer.
void start_watchdog(std::shared_ptr<connection> const& line, std::chrono::milliseconds limit) {
    line->watchdog.expires_after(limit);
    line->watchdog.async_wait([line](error_code failed) {
        if (failed) return;
        line->expired = true;
        line->close();
    });
}

// Stops the watchdog when the exchange ends, in whichever way.
class watch_over {
public:
    watch_over(std::shared_ptr<connection> line, std::chrono::milliseconds limit) : line_{std::move(line)} {
        start_watchdog(line_, limit);
    }
    ~watch_over() { line_->watchdog.cancel(); }
    watch_over(watch_over const&) = delete;
    watch_over& operator=(watch_over const&) = delete;

private:
    std::shared_ptr<connection> line_;
};

std::size_t content_length(std::string_view head) {
    auto lower = std::string{head};
    for (auto& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    constexpr std::string_view name = "\r\ncontent-length:";
    auto const field = lower.find(name);
    if (field == std::string::npos) return 0;
    auto const digits = lower.find_first_not_of(' ', field + name.size());
    auto length = std::size_t{0};
    std::from_chars(lower.data() + digits, lower.data() + lower.size(), length);
    return length;
}

unsigned status_in(std::string_view head) {
    auto status = 0U;
    if (!head.starts_with("HTTP/1.") || head.size() < 12) return 0;
    std::from_chars(head.data() + 9, head.data() + 12, status);
    return status;
}

// Lets a limited number through at a time.
class turnstile {
public:
    turnstile(asio::any_io_executor executor, std::size_t places) : executor_{std::move(executor)}, free_{places} {}

    awaitable<void> enter() {
        if (free_ > 0) {
            --free_;
            co_return;
        }
        auto ticket = std::make_shared<asio::steady_timer>(executor_, asio::steady_timer::time_point::max());
        waiting_.push_back(ticket);
        co_await ticket->async_wait(settled);
    }

    void leave() {
        while (!waiting_.empty()) {
            auto const first = waiting_.front();
            waiting_.pop_front();
            if (first->cancel() > 0) return;
        }
        ++free_;
    }

private:
    asio::any_io_executor executor_;
    std::size_t free_;
    std::deque<std::shared_ptr<asio::steady_timer>> waiting_;
};

class place {
public:
    explicit place(turnstile& where) : where_{where} {}
    ~place() { where_.leave(); }
    place(place const&) = delete;
    place& operator=(place const&) = delete;

private:
    turnstile& where_;
};

class sender final : public callback_sender {
public:
    sender(asio::any_io_executor const& executor, sender_settings settings)
        : executor_{executor}, settings_{std::move(settings)}, turns_{executor, settings_.connections} {
        tls_.set_default_verify_paths();
        if (!settings_.ca_file.empty()) tls_.load_verify_file(settings_.ca_file);
        tls_.set_verify_mode(asio::ssl::verify_peer);
        SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
    }

    awaitable<callback_answer> send(callback_url url, raw_request request) override {
        co_await turns_.enter();
        auto const mine = place{turns_};
        auto const line = std::make_shared<connection>(executor_, tls_);
        auto const watch = watch_over{line, settings_.timeout};
        auto answer = co_await exchange(line, url, request);
        if (line->expired && answer.status == 0) answer.error = "timeout";
        line->close();
        co_return answer;
    }

private:
    static callback_answer without_answer(std::string_view doing, error_code const& failed) {
        return {.error = std::string{doing} + ": " + failed.message()};
    }

    awaitable<callback_answer> exchange(std::shared_ptr<connection> const& line, callback_url const& url,
                                        raw_request const& request) {
        auto const reached = co_await connect(*line, url);
        if (!reached.error.empty()) co_return reached;
        auto const sent = co_await write(*line, request);
        if (request.then == raw_request::finish::close && sent.error.empty()) co_return sent;
        // A refusal may come before everything was sent: it counts.
        auto answer = co_await read(*line);
        if (answer.status == 0) co_return sent.error.empty() ? answer : sent;
        co_await hang_up(line);
        co_return answer;
    }

    awaitable<callback_answer> connect(connection& line, callback_url const& url) {
        auto const [unresolved, addresses] = co_await line.resolver.async_resolve(url.host, url.port, settled);
        if (unresolved) co_return without_answer("resolve", unresolved);
        auto const [unconnected, peer] = co_await asio::async_connect(line.stream.next_layer(), addresses, settled);
        if (unconnected) co_return without_answer("connect", unconnected);
        auto ignored = error_code{};
        line.stream.next_layer().set_option(tcp::no_delay{true}, ignored);

        auto not_a_literal = error_code{};
        asio::ip::make_address(url.host, not_a_literal);
        if (not_a_literal) SSL_set_tlsext_host_name(line.stream.native_handle(), url.host.c_str());
        line.stream.set_verify_callback(asio::ssl::host_name_verification{url.host});
        auto const [untrusted] = co_await line.stream.async_handshake(asio::ssl::stream_base::client, settled);
        if (untrusted) co_return without_answer("TLS handshake", untrusted);
        co_return callback_answer{};
    }

    static awaitable<callback_answer> write(connection& line, raw_request const& request) {
        for (auto const& piece : request.pieces) {
            auto const [failed, size] = co_await asio::async_write(line.stream, asio::buffer(piece.bytes), settled);
            if (failed) co_return without_answer("send", failed);
            co_await pause(piece.pause);
        }
        co_return callback_answer{};
    }

    static awaitable<callback_answer> read(connection& line) {
        auto text = std::string{};
        auto const [failed, head_size] =
            co_await asio::async_read_until(line.stream, asio::dynamic_buffer(text, longest_head), "\r\n\r\n", settled);
        if (failed) co_return without_answer("read", failed);

        auto answer = callback_answer{.status = status_in(std::string_view{text}.substr(0, head_size))};
        auto const length = content_length(std::string_view{text}.substr(0, head_size));
        answer.body = text.substr(head_size, longest_body);
        auto const wanted = std::min(length, longest_body);
        if (answer.body.size() < wanted) {
            auto const missing = wanted - answer.body.size();
            co_await asio::async_read(line.stream, asio::dynamic_buffer(answer.body), asio::transfer_exactly(missing),
                                      settled);
        }
        co_return answer;
    }

    // A connection of the provider ends after one request; it waits shortly for the other side to agree.
    static awaitable<void> hang_up(std::shared_ptr<connection> const& line) {
        start_watchdog(line, farewell_limit);
        co_await line->stream.async_shutdown(settled);
    }

    asio::any_io_executor executor_;
    sender_settings settings_;
    turnstile turns_;
    asio::ssl::context tls_{asio::ssl::context::tls_client};
};

}  // namespace

std::unique_ptr<callback_sender> create_callback_sender(asio::any_io_executor const& executor,
                                                        sender_settings settings) {
    return std::make_unique<sender>(executor, std::move(settings));
}

}  // namespace simulator
