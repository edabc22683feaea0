#include "listener_fixture.hpp"

#include "async/nursery.hpp"
#include "run_coroutine.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <stdexcept>

namespace voicehook::http {
namespace {

response text(std::string body) { return response{.content_type = "text/plain", .body = std::move(body)}; }

awaitable<response> say_hello(request item) {
    auto answer = text("hello");
    answer.headers = {{"X-Client", item.client_address}};
    co_return answer;
}

awaitable<response> echo(request item) { co_return text(std::move(item.body)); }

awaitable<response> say_values(request item) { co_return text(item.parameters.at(0) + "?" + item.query); }

awaitable<response> throw_error(request) {
    throw std::runtime_error{"broken"};
    co_return response{};
}

void throw_at_refusal(request const&, int) { throw std::runtime_error{"broken"}; }

awaitable<response> send_forbidden_body(request) {
    auto answer = text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    answer.status = 204;
    co_return answer;
}

awaitable<response> inject(request) {
    auto answer = text("safe");
    answer.headers = {{"X-Copied", "a\r\nSet-Cookie: b=c\r\n\r\nHTTP/1.1 200 OK"}, {"X-Fine", "d"}};
    co_return answer;
}

awaitable<response> send_large(request) { co_return text(std::string(32 * 1024 * 1024, 'x')); }

awaitable<void> write_two_events(stream_writer& out) {
    for (auto const* event : {"data: 1\n\n", "", "data: 2\n\n"}) {
        auto const is_there = co_await out.write(event);
        if (!is_there) co_return;
    }
}

awaitable<response> open_events(request) {
    co_return response{.content_type = "text/event-stream", .stream = write_two_events};
}

std::optional<response> refuse_guarded(request&) { return response{.status = 401}; }

std::optional<response> admit_with_header(request& item) {
    if (item.header("X-Ok")) return std::nullopt;
    return response{.status = 403};
}

}  // namespace

ListenerFixture::ListenerFixture() : released_{io_, asio::steady_timer::time_point::max()} {
    routes_ = std::make_unique<router>(make_routes(), std::vector{guard{"/guarded", refuse_guarded}});
}

ListenerFixture::~ListenerFixture() { stop(); }

void ListenerFixture::stop() {
    if (listener_) test::run(io_, listener_->drained(deadline::in(0ms)));
    listener_.reset();
}

std::vector<route> ListenerFixture::make_routes() {
    using media = body_rule::media;
    auto const note_refusal = [this](request const& item, int status) {
        body_refusals_.emplace_back(item.path, status);
    };
    auto const open_stream = [this](stream_writer& out) { return write_until_ended(out); };
    auto const serve_open_stream = [open_stream](request) -> awaitable<response> {
        return [](stream_function stream) -> awaitable<response> {
            co_return response{.content_type = "text/event-stream", .stream = std::move(stream)};
        }(open_stream);
    };
    return {
        {.method = "GET", .pattern = "/hello", .handle = say_hello},
        {.method = "GET", .pattern = "/values/{a}", .handle = say_values},
        {.method = "GET", .pattern = "/throw", .handle = throw_error},
        {.method = "GET", .pattern = "/no-content", .handle = send_forbidden_body},
        {.method = "POST",
         .pattern = "/throw",
         .body = {1000, media::any},
         .handle = throw_error,
         .on_body_refused = throw_at_refusal},
        {.method = "GET", .pattern = "/inject", .handle = inject},
        {.method = "GET", .pattern = "/large", .handle = send_large},
        {.method = "GET", .pattern = "/hang", .handle = [this](request item) { return hang(std::move(item)); }},
        {.method = "GET", .pattern = "/events", .handle = open_events},
        {.method = "GET", .pattern = "/open-events", .handle = serve_open_stream},
        {.method = "POST",
         .pattern = "/echo",
         .body = {1000, media::any},
         .handle = echo,
         .on_body_refused = note_refusal},
        {.method = "POST",
         .pattern = "/json",
         .body = {1000, media::json},
         .handle = echo,
         .on_body_refused = note_refusal},
        {.method = "POST",
         .pattern = "/admit",
         .body = {1000, media::any},
         .admit = admit_with_header,
         .handle = echo,
         .on_body_refused = note_refusal},
    };
}

awaitable<response> ListenerFixture::hang(request) {
    ++hanging_;
    co_await released_.async_wait(asio::as_tuple(asio::use_awaitable));
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    if (async::stopping(cancellation)) throw boost::system::system_error{asio::error::operation_aborted};
    co_return text("released");
}

awaitable<void> ListenerFixture::write_until_ended(stream_writer& out) {
    auto is_there = co_await out.write("data: 1\n\n");
    while (is_there) {
        ++hanging_;
        co_await released_.async_wait(asio::as_tuple(asio::use_awaitable));
        is_there = co_await out.write("data: more\n\n");
    }
}

void ListenerFixture::start(listener_limits limits, std::vector<std::string> trusted_proxies, tls_source tls,
                            proxy_protocol proxy) {
    auto observer = listener_observer{
        .rejected = [this](std::string_view reason) { ++rejected_[std::string{reason}]; },
        .answered = [this](std::string_view route, int status,
                           duration) { answered_.push_back(std::string{route} + " " + std::to_string(status)); },
        .connections = [this](std::ptrdiff_t change) { connections_ += change; }};
    listener_ = create_listener(io_.get_executor(), {"test", "127.0.0.1:0", std::move(trusted_proxies), limits, proxy},
                                *routes_, std::move(tls), std::move(observer));
    auto const started = listener_->start();
    if (!started) throw std::runtime_error{started.error().doing};
}

test::wire_client ListenerFixture::connect() { return {io_, listener_->port()}; }

test::wire_answer ListenerFixture::ask(std::string_view bytes) {
    auto client = connect();
    client.send(bytes);
    return client.read_answer();
}

void ListenerFixture::settle() {
    io_.restart();
    while (io_.poll() != 0) {}
}

std::size_t ListenerFixture::rejected(std::string_view reason) const {
    auto const found = rejected_.find(reason);
    return found == rejected_.end() ? 0 : found->second;
}

}  // namespace voicehook::http
