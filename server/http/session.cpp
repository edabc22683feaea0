#include "http/session.hpp"

#include "async/within.hpp"
#include "base/log.hpp"
#include "base/utf8.hpp"
#include "http/connection.hpp"
#include "http/response_head.hpp"
#include "http/turn.hpp"

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace voicehook::http {
namespace {

constexpr auto goodbye_time = duration{1s};
constexpr auto discard_time = duration{2s};
constexpr std::size_t discard_bytes = 1024 * 1024;
constexpr std::size_t framing_allowance = 16 * 1024;

constexpr auto gate_detail = std::string_view{"The request is not well-formed HTTP/1.1."};
constexpr auto continue_line = std::string_view{"HTTP/1.1 100 Continue\r\n\r\n"};

/// What came instead of a header block.
struct no_head {
    enum class kind : unsigned char { gone = 1, too_slow, refused } why{kind::gone};
    gate_reason reason{};
};

/// The path's pattern, never the path itself: callback paths are secrets.
std::string_view route_name(turn const& now) {
    if (now.found == nullptr) return "unmatched";
    return now.found->pattern;
}

instant wall_clock() { return std::chrono::floor<duration>(std::chrono::system_clock::now()); }

awaitable<result<response>> call_handler(route const& where, request item) {
    auto answer = co_await where.handle(std::move(item));
    co_return answer;
}

/// Sends a stream's bytes, each write under its own deadline.
class session_stream_writer final : public stream_writer {
public:
    session_stream_writer(connection& client, session_context const& context, body_framing framing)
        : client_{client}, context_{context}, framing_{framing} {}

    awaitable<bool> write(std::string bytes) override {
        if (ended()) co_return false;
        if (bytes.empty()) co_return true;
        auto const framed =
            framing_ == body_framing::chunked ? fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes) : std::move(bytes);
        auto const sent = co_await client_.write(framed, deadline::in(context_.settings.limits.write));
        if (sent == arrival::timed_out) context_.reject(connection_reason::timeout_write);
        gone_ = sent != arrival::done;
        co_return !gone_;
    }

    bool ended() const override { return gone_ || client_.aborted() || context_.draining; }
    [[nodiscard]] bool client_is_gone() const { return gone_ || client_.aborted(); }

private:
    connection& client_;
    session_context const& context_;
    body_framing framing_;
    bool gone_{};
};

class http_session final : public session {
public:
    http_session(asio::any_io_executor executor, std::shared_ptr<session_context const> context,
                 std::unique_ptr<byte_stream> stream, asio::ip::address peer)
        : context_{std::move(context)},
          client_{std::make_shared<connection>(std::move(executor), std::move(stream))},
          introduced_{.peer = std::move(peer)},
          greeted_by_{deadline::in(limits().handshake)} {}

    awaitable<bool> take_proxy_header() override {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto const header = co_await client_->take_proxy_header(greeted_by_);
        if (header) {
            if (header->client)
                introduced_.peer = *header->client;
            else
                introduced_.forwarded = introduction::forwarding::ignored;
            co_return true;
        }
        if (header.error() == arrival::timed_out) context_->reject(connection_reason::timeout_proxy_header);
        if (header.error() == arrival::failed) context_->reject(connection_reason::proxy_header);
        client_->abort();
        co_return false;
    }

    asio::ip::address const& peer() const override { return introduced_.peer; }

    awaitable<void> serve() override {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto const greeted = co_await client_->handshake(greeted_by_);
        if (greeted == arrival::timed_out) context_->reject(connection_reason::timeout_handshake);
        if (greeted == arrival::failed) context_->reject(connection_reason::tls);

        auto next = greeted == arrival::done ? persistence::keep_alive : persistence::close;
        while (next == persistence::keep_alive) next = co_await serve_one();
        if (greeted == arrival::done) co_await client_->say_goodbye(deadline::in(goodbye_time));
        client_->abort();
    }

    void drain() override {
        if (waiting_since_) client_->interrupt();
    }

    std::optional<deadline::clock::time_point> idle_since() const override {
        return served_ && !client_->aborted() ? waiting_since_ : std::nullopt;
    }

    void abort() override { client_->abort(); }

private:
    [[nodiscard]] listener_limits const& limits() const { return context_->settings.limits; }

    awaitable<persistence> serve_one() {
        auto const length = co_await read_head();
        if (!length) {
            co_await refuse_head(length.error());
            co_return persistence::close;
        }
        auto now = begin_turn(client_->received().substr(0, *length), *context_, introduced_);
        if (!now) {
            co_await refuse_head({no_head::kind::refused, now.error()});
            co_return persistence::close;
        }
        client_->consume(*length);

        auto answer = co_await decide_safely(*now);
        auto const after = co_await send(*now, std::move(answer));
        if (after == persistence::close && !now->is_read) co_await discard();
        served_ = true;
        co_return after;
    }

    /// The length of the next header block, which is in `received` then.
    awaitable<std::expected<std::size_t, no_head>> read_head() {
        auto const begun = !client_->received().empty();
        auto until = deadline::in(begun || !served_ ? limits().header : limits().idle);
        for (auto scanned = std::size_t{};;) {
            auto const received = client_->received();
            auto const search = find_head(received, scanned);
            if (search.refused) co_return std::unexpected{no_head{no_head::kind::refused, *search.refused}};
            if (search.length > limits().max_header_bytes ||
                (search.length == 0 && received.size() >= limits().max_header_bytes))
                co_return std::unexpected{no_head{no_head::kind::refused, gate_reason::header_too_large}};
            if (search.length != 0) co_return search.length;
            if (received.empty() && context_->draining) co_return std::unexpected{no_head{}};

            scanned = received.size();
            if (scanned == 0) waiting_since_ = deadline::clock::now();
            auto const arrived = co_await client_->read_more(until);
            waiting_since_.reset();
            if (arrived == arrival::timed_out && scanned != 0)
                co_return std::unexpected{no_head{no_head::kind::too_slow}};
            if (arrived != arrival::done) co_return std::unexpected{no_head{}};
            if (scanned == 0) until = deadline::in(limits().header);
        }
    }

    /// Answers what is no request. Nothing that follows it is read as one.
    awaitable<void> refuse_head(no_head what) {
        if (what.why == no_head::kind::gone) co_return;
        auto answer = response{};
        if (what.why == no_head::kind::too_slow) {
            context_->reject(connection_reason::timeout_header);
            answer = context_->routes.error(408, "request_timeout", "The header took too long.");
        } else if (what.reason == gate_reason::header_too_large) {
            context_->reject(what.reason);
            answer = context_->routes.error(431, "invalid_request", "The header is too large.");
        } else {
            context_->reject(what.reason);
            answer = context_->routes.error(400, "invalid_request", gate_detail);
        }
        auto nothing = turn{};
        static_cast<void>(co_await send(nothing, std::move(answer)));
        co_await discard();
    }

    /// The answer to a request, whatever its handler throws.
    awaitable<response> decide_safely(turn& now) {
        auto thrown = std::string{};
        try {
            auto answer = co_await decide(now);
            co_return answer;
        } catch (std::exception const& error) {
            thrown = printable(error.what(), 200);
        } catch (...) {
            thrown = "not a std::exception";
        }
        if (!client_->aborted()) {
            context_->reject(connection_reason::handler_failed);
            log_error("handler_failed", {{"listener", context_->settings.name},
                                         {"route", route_name(now)},
                                         {"request_id", now.request_id},
                                         {"error", thrown}});
        }
        co_return context_->routes.error(500, "internal_error", "Something went wrong here.");
    }

    awaitable<response> decide(turn& now) {
        auto refusal = refuse_by_head(now, *context_);
        if (!refusal) refusal = co_await read_body(now);
        if (refusal) co_return std::move(*refusal);

        auto answer =
            co_await async::within(deadline::in(limits().handler), call_handler(*now.found, std::move(now.item)));
        if (answer) co_return std::move(*answer);
        context_->reject(connection_reason::timeout_handler);
        auto unavailable = context_->routes.error(503, "unavailable", "The answer took too long.");
        unavailable.headers.emplace_back("Retry-After", "1");
        co_return unavailable;
    }

    /// Reads the body into the request, or says why it is refused.
    awaitable<std::optional<response>> read_body(turn& now) {
        auto const limit = body_limit(now);
        auto const until = deadline::in(limits().body);
        now.is_read = false;
        now.parser->limit_body(limit);
        if (now.head.expects_continue && !now.body.finished() && client_->received().empty()) {
            auto const invited = co_await client_->write(continue_line, until);
            if (invited != arrival::done) client_->abort();
        }

        auto examined = std::size_t{};  ///< of what is received, how much the gate has seen
        while (!now.body.finished()) {
            auto const fresh = client_->received().substr(examined);
            if (fresh.empty()) {
                auto const arrived = co_await client_->read_more(until);
                if (arrived == arrival::timed_out)
                    co_return refuse_body(now, *context_, 408, to_text(connection_reason::timeout_body),
                                          "The body took too long.");
                if (arrived != arrival::done)
                    co_return refuse_body(now, *context_, 400, to_text(connection_reason::incomplete_body),
                                          "The body was cut short.");
                continue;
            }
            auto const seen = now.body.take(fresh);
            if (!seen) co_return refuse_body(now, *context_, 400, to_text(seen.error()), gate_detail);
            auto const window = client_->received().substr(0, examined + seen->parsable);
            auto const used = seen->parsable == 0 ? result<std::size_t>{0} : now.parser->take_body(window);
            auto const is_too_large = !used && used.error().code == errc::too_large;
            if (is_too_large || now.body.wire_bytes() > 2 * limit + framing_allowance)
                co_return refuse_body(now, *context_, 413, to_text(refusal_reason::too_large),
                                      fmt::format("The body may have at most {} bytes.", limit));
            if (!used) co_return refuse_body(now, *context_, 400, to_text(gate_reason::parser), gate_detail);
            client_->consume(*used);
            examined += seen->taken - *used;
        }
        auto const agreed = now.parser->done() && examined == 0;
        if (!agreed) co_return refuse_body(now, *context_, 400, to_text(gate_reason::parser), gate_detail);
        now.is_read = true;
        if (now.found->body.limit != 0) now.item.body = now.parser->release_body();
        co_return std::nullopt;
    }

    /// Writes the answer and says whether another request may follow.
    awaitable<persistence> send(turn& now, response answer) {
        auto const without_body = now.head.method == "HEAD" || is_bodiless(answer.status);
        auto framing = body_framing::sized;
        if (answer.stream) framing = now.head.http_one_zero ? body_framing::until_close : body_framing::chunked;
        auto const last = !now.head.keep_alive || !now.is_read || context_->sending_away || context_->draining;
        auto after = last ? persistence::close : persistence::keep_alive;

        auto head = render_head(answer, {framing, after, now.request_id, wall_clock()});
        for (auto count = head.dropped; count != 0; --count) context_->reject(connection_reason::response_header);
        if (!answer.stream && !without_body) head.bytes += answer.body;
        auto const sent = co_await client_->write(head.bytes, deadline::in(limits().write));
        if (sent == arrival::timed_out) context_->reject(connection_reason::timeout_write);
        if (sent != arrival::done) {
            client_->abort();
            after = persistence::close;
        } else if (answer.stream && !without_body) {
            after = co_await send_stream(now, answer.stream, framing, after);
        }

        auto const took = std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - now.began);
        if (context_->observer.answered) context_->observer.answered(route_name(now), answer.status, took);
        co_return after;
    }

    awaitable<persistence> send_stream(turn const& now, stream_function const& produce, body_framing framing,
                                       persistence after) {
        auto writer = session_stream_writer{*client_, *context_, framing};
        auto broken = std::string{};
        try {
            co_await produce(writer);
        } catch (std::exception const& error) {
            broken = printable(error.what(), 200);
        }
        if (!broken.empty() && !writer.ended()) {
            context_->reject(connection_reason::handler_failed);
            log_error("handler_failed", {{"listener", context_->settings.name},
                                         {"route", route_name(now)},
                                         {"request_id", now.request_id},
                                         {"error", broken}});
        }
        if (!broken.empty() || writer.client_is_gone()) {
            client_->abort();
            co_return persistence::close;
        }
        if (framing != body_framing::chunked) co_return persistence::close;
        auto const ended = co_await client_->write("0\r\n\r\n", deadline::in(limits().write));
        co_return ended == arrival::done && !context_->draining ? after : persistence::close;
    }

    /// Reads what the client still sends, for a while, and throws it away, so that closing does not destroy our answer
    /// on its way. Where the body would end does not matter: nothing behind it is served.
    awaitable<void> discard() {
        client_->end_sending();
        auto const until = deadline::in(discard_time);
        for (auto discarded = std::size_t{}; discarded < discard_bytes;) {
            auto const count = client_->received().size();
            discarded += count;
            client_->consume(count);
            auto const arrived = co_await client_->read_more(until);
            if (arrived != arrival::done) co_return;
        }
    }

    std::shared_ptr<session_context const> context_;
    std::shared_ptr<connection> client_;
    introduction introduced_;
    deadline greeted_by_;                                       ///< PROXY header and handshake together
    std::optional<deadline::clock::time_point> waiting_since_;  ///< set while nothing of a request has arrived
    bool served_{};
};

}  // namespace

std::shared_ptr<session> create_session(asio::any_io_executor executor, std::shared_ptr<session_context const> context,
                                        std::unique_ptr<byte_stream> stream, asio::ip::address peer) {
    return std::make_shared<http_session>(std::move(executor), std::move(context), std::move(stream), std::move(peer));
}

}  // namespace voicehook::http
