#include "app/ops/socket_channel.hpp"

#include "app/ops/answer_reader.hpp"
#include "async/tls_context.hpp"
#include "client/connection.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <exception>
#include <optional>
#include <utility>

namespace voicehook::app::ops {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr int http_ok = 200;
constexpr std::size_t most_bytes = 64 * 1024 * 1024;
constexpr std::size_t read_size = 64 * 1024;
constexpr auto time_to_begin = 10s;
constexpr auto longest_silence = 30s;

using piece_handler = std::function<result<void>(std::string_view)>;

std::string request_text(place const& where, question const& what, std::string const& last_event_id) {
    auto const resume = last_event_id.empty() ? "" : fmt::format("Last-Event-ID: {}\r\n", last_event_id);
    auto const bearer = where.token.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", where.token.reveal());
    return fmt::format(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}{}Content-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        what.method, what.path, where.text(), bearer, resume, what.body.size(), what.body);
}

result<std::vector<tcp::endpoint>> resolve(asio::io_context& io, place const& where) {
    error_code failed;
    auto const found = tcp::resolver{io}.resolve(where.host, where.port, failed);
    if (failed) return fail(errc::dns, fmt::format("find {}: {}", where.host, failed.message()));
    auto endpoints = std::vector<tcp::endpoint>{};
    for (auto const& item : found) endpoints.push_back(item.endpoint());
    return endpoints;
}

class socket_channel final : public channel {
public:
    socket_channel(place where, std::shared_ptr<asio::ssl::context> trust)
        : where_{std::move(where)}, trust_{std::move(trust)} {}

    result<answer> ask(question what) override {
        auto const limit = what.limit;
        auto outcome = run(converse(request_text(where_, what, {}), deadline::in(limit)));
        return told(std::move(outcome));
    }

    result<answer> follow(std::string path, std::string last_event_id, piece_handler on_bytes) override {
        auto const what = question{.path = std::move(path)};
        auto outcome = run(listen(request_text(where_, what, last_event_id), std::move(on_bytes)));
        return told(std::move(outcome));
    }

    bool pause(duration span) override {
        if (interrupted_) return false;
        static_cast<void>(run(wait(span)));
        return !interrupted_;
    }

    void heed_interrupts() override {
        if (signals_) return;
        signals_.emplace(io_, SIGINT, SIGTERM);
        signals_->async_wait([this](error_code error, int) {
            if (error) return;
            interrupted_ = true;
            stop_.emit(asio::cancellation_type::terminal);
        });
    }

private:
    /// Runs until `work` is done.
    result<answer> run(awaitable<result<answer>> work) {
        auto thrown = std::exception_ptr{};
        auto outcome = std::optional<result<answer>>{};
        asio::co_spawn(io_, std::move(work),
                       asio::bind_cancellation_slot(stop_.slot(), [&](std::exception_ptr error, result<answer> got) {
                           thrown = std::move(error);
                           outcome.emplace(std::move(got));
                       }));
        io_.restart();
        while (!outcome) io_.run_one();
        if (thrown) std::rethrow_exception(thrown);
        return std::move(*outcome);
    }

    /// Says whom we did not get an answer from.
    [[nodiscard]] result<answer> told(result<answer> outcome) const {
        if (outcome) return outcome;
        auto const& why = outcome.error();
        if (interrupted_) return fail(errc::stopping, "interrupted");
        if (why.code == errc::timeout)
            return fail(errc::timeout, fmt::format("the ops listener at {} did not answer in time", where_.text()));
        return fail(why, fmt::format("ask the ops listener at {}", where_.text()));
    }

    awaitable<result<answer>> wait(duration span) {
        auto timer = asio::steady_timer{io_, span};
        auto ignored = error_code{};
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return answer{};
    }

    awaitable<result<void>> begin(client::connection& peer, std::string const& request, deadline until) {
        auto const endpoints = resolve(io_, where_);
        if (!endpoints) co_return unexpected{endpoints.error()};
        auto const connected = co_await peer.connect(*endpoints, until);
        if (!connected) co_return connected;
        if (where_.how != protection::plain) {
            auto const shaken = co_await shake_hands(peer, until);
            if (!shaken) co_return shaken;
        }
        peer.limit(until);
        auto const written = co_await peer.write(request, {});
        if (written.error) co_return unexpected{peer.explain(written.error, "send the request")};
        co_return result<void>{};
    }

    awaitable<result<void>> shake_hands(client::connection& peer, deadline until) {
        if (where_.how == protection::verified) {
            auto const verified = co_await peer.handshake(*trust_, where_.host, until);
            co_return verified;
        }
        auto const encrypted = co_await peer.handshake_with_anybody(*trust_, until);
        co_return encrypted;
    }

    /// Reads one piece into `reader`; what the peer's going away means depends on what was read.
    static awaitable<result<void>> read_on(client::connection& peer, answer_reader& reader) {
        auto room = std::array<char, read_size>{};
        auto const got = co_await peer.read_some(room);
        if (!got.error) {
            auto taken = reader.take({room.data(), got.bytes});
            co_return taken;
        }
        auto const why = peer.explain(got.error, "read the answer");
        if (why.code != errc::reset) co_return unexpected{why};
        auto ended = reader.end();
        co_return ended;
    }

    awaitable<result<answer>> converse(std::string request, deadline until) {
        auto peer = client::connection{io_.get_executor()};
        auto const begun = co_await begin(peer, request, until);
        if (!begun) co_return unexpected{begun.error()};
        auto reader = answer_reader{};
        auto body = std::string{};
        while (!reader.complete()) {
            auto const read = co_await read_on(peer, reader);
            if (!read) co_return unexpected{read.error()};
            body += reader.body();
            if (body.size() > most_bytes) co_return fail(errc::too_large, "read the answer: it is too long");
        }
        co_return answer{reader.status(), std::move(body)};
    }

    awaitable<result<answer>> listen(std::string request, piece_handler on_bytes) {
        auto peer = client::connection{io_.get_executor()};
        auto const begun = co_await begin(peer, request, deadline::in(time_to_begin));
        if (!begun) co_return unexpected{begun.error()};
        auto reader = answer_reader{};
        auto refusal = std::string{};
        while (!reader.complete()) {
            if (reader.head_complete()) peer.limit(deadline::in(longest_silence));
            auto const read = co_await read_on(peer, reader);
            if (!read) co_return unexpected{read.error()};
            auto const piece = reader.body();
            if (piece.empty()) continue;
            if (reader.status() == http_ok) {
                auto const taken = on_bytes(piece);
                if (!taken) co_return unexpected{taken.error()};
                continue;
            }
            refusal += piece;
            if (refusal.size() > most_bytes) co_return fail(errc::too_large, "read the answer: it is too long");
        }
        co_return answer{reader.status(), std::move(refusal)};
    }

    place where_;
    std::shared_ptr<asio::ssl::context> trust_;
    asio::io_context io_{1};
    asio::cancellation_signal stop_;
    std::optional<asio::signal_set> signals_;
    bool interrupted_{};
};

}  // namespace

result<std::unique_ptr<channel>> open_channel(place where) {
    auto trust = std::shared_ptr<asio::ssl::context>{};
    if (where.how == protection::encrypted)
        trust = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    if (where.how == protection::verified) {
        auto made = async::make_client_tls(where.ca_file);
        if (!made) return std::unexpected{made.error()};
        trust = std::move(*made);
    }
    return std::make_unique<socket_channel>(std::move(where), std::move(trust));
}

}  // namespace voicehook::app::ops
