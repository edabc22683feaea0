#include "http/listener.hpp"

#include "async/nursery.hpp"
#include "async/within.hpp"
#include "base/log.hpp"
#include "http/address_counts.hpp"
#include "http/byte_stream.hpp"
#include "http/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <set>
#include <utility>

namespace voicehook::http {
namespace {

using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;

constexpr auto accept_pause = duration{100ms};

awaitable<result<void>> wait_for_none(async::nursery& sessions) {
    co_await sessions.drained();
    co_return result<void>{};
}

class tcp_listener final : public listener {
public:
    tcp_listener(asio::any_io_executor executor, listener_settings settings, router const& routes, tls_source tls,
                 listener_observer observer)
        : executor_{std::move(executor)},
          context_{std::make_shared<session_context>(std::move(settings), routes, std::move(observer))},
          tls_{std::move(tls)},
          acceptor_{executor_},
          pause_{executor_},
          accepting_{executor_},
          sessions_{executor_} {}

    result<void> start() override {
        auto const& settings = context_->settings;
        for (auto const& text : settings.trusted_proxies) {
            auto const block = parse_network(text);
            if (!block) return fail(block.error(), fmt::format("{}.trusted_proxies", settings.name));
            context_->trusted_proxies.push_back(*block);
        }
        if (settings.proxy == proxy_protocol::required && context_->trusted_proxies.empty())
            return fail(errc::invalid, fmt::format("{}.proxy_protocol: needs trusted_proxies", settings.name));
        auto const where = parse_endpoint(settings.address);
        if (!where) return fail(where.error(), fmt::format("{}.listen", settings.name));
        if (auto const problem = bind(*where))
            return fail(
                problem == asio::error::address_in_use ? errc::conflict : errc::invalid,
                fmt::format("{}.listen: cannot listen on {}: {}", settings.name, settings.address, problem.message()));
        accepting_.spawn("accept", accept_connections());
        return {};
    }

    std::uint16_t port() const override {
        auto ignored = error_code{};
        auto const where = acceptor_.local_endpoint(ignored);
        return port_ != 0 ? port_ : where.port();
    }

    void send_away() override { context_->sending_away = true; }

    void stop_accepting() override {
        if (context_->draining) return;
        context_->draining = true;
        auto ignored = error_code{};
        acceptor_.close(ignored);
        accepting_.stop();
        for (auto const& each : std::vector(open_.begin(), open_.end())) each->drain();
    }

    awaitable<void> drained(deadline until) override {
        stop_accepting();
        static_cast<void>(co_await async::within(until, wait_for_none(sessions_)));
        if (sessions_.size() != 0) {
            for (auto const& each : std::vector(open_.begin(), open_.end())) each->abort();
            sessions_.stop();
            co_await sessions_.drained();
        }
        co_await accepting_.drained();
    }

    bool draining() const override { return context_->draining; }

private:
    error_code bind(tcp::endpoint const& where) {
        auto error = error_code{};
        acceptor_.open(where.protocol(), error);
        if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
        if (!error && where.address().is_v6()) acceptor_.set_option(asio::ip::v6_only{false}, error);
        if (!error) acceptor_.bind(where, error);
        if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
        if (!error) port_ = acceptor_.local_endpoint(error).port();
        return error;
    }

    awaitable<void> accept_connections() {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto failing = false;
        while (!context_->draining) {
            auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
            if (!error) {
                failing = false;
                admit(std::move(socket));
                continue;
            }
            if (context_->draining || error == asio::error::operation_aborted) co_return;
            if (error == asio::error::connection_aborted) continue;
            if (!std::exchange(failing, true))
                log_warning("accept_failed", {{"listener", context_->settings.name}, {"error", error.message()}});
            pause_.expires_after(accept_pause);
            co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

    /// Starts a session, or closes the connection at once when there are too many. An address at its own cap makes
    /// nobody else leave; a client whose address only a PROXY header tells is counted once that is read.
    void admit(tcp::socket socket) {
        auto error = error_code{};
        auto const remote = socket.remote_endpoint(error);
        if (error) return;
        auto const peer = unmapped(remote.address());
        auto const& limits = context_->settings.limits;
        if (context_->draining) return context_->reject(refusal_reason::draining);
        if (is_at_its_cap(peer)) return context_->reject(connection_reason::address_cap);
        if (open_.size() >= limits.max_connections && !make_room())
            return context_->reject(connection_reason::connection_cap);

        socket.set_option(tcp::no_delay{true}, error);
        auto tls = tls_ ? tls_() : nullptr;
        auto stream =
            tls ? create_tls_stream(std::move(socket), std::move(tls)) : create_plain_stream(std::move(socket));
        auto item = create_session(executor_, context_, std::move(stream), peer);
        enter(item);
        sessions_.spawn("session", serve(std::move(item)));
    }

    /// Closes the connection that has been idle longest; false when none is idle.
    bool make_room() {
        auto longest = std::shared_ptr<session>{};
        auto since = deadline::clock::time_point::max();
        for (auto const& each : open_) {
            auto const idle = each->idle_since();
            if (!idle || *idle >= since) continue;
            longest = each;
            since = *idle;
        }
        if (!longest) return false;
        longest->abort();
        context_->reject(connection_reason::idle_evicted);
        return true;
    }

    [[nodiscard]] bool is_proxy(asio::ip::address const& peer) const {
        return contains(context_->trusted_proxies, peer);
    }
    /// Whether this address may not have one connection more.
    [[nodiscard]] bool is_at_its_cap(asio::ip::address const& peer) const {
        return !is_proxy(peer) && per_address_.at(peer) >= context_->settings.limits.max_connections_per_address;
    }

    awaitable<void> serve(std::shared_ptr<session> item) {
        auto thrown = std::exception_ptr{};
        try {
            auto const is_introduced = co_await introduce(*item);
            if (is_introduced) co_await item->serve();
        } catch (...) {
            thrown = std::current_exception();
        }
        leave(item);
        if (thrown) std::rethrow_exception(thrown);
    }

    /// Lets a trusted proxy say whose connection this is, which counts as that client's from then on. False: it is
    /// over.
    awaitable<bool> introduce(session& item) {
        auto const proxy = item.peer();
        if (context_->settings.proxy == proxy_protocol::off || !is_proxy(proxy)) co_return true;
        auto const is_told = co_await item.take_proxy_header();
        if (!is_told || item.peer() == proxy) co_return is_told;

        auto const is_capped = is_at_its_cap(item.peer());
        per_address_.remove(proxy);
        per_address_.add(item.peer());
        if (is_capped) {
            context_->reject(connection_reason::address_cap);
            item.abort();
        }
        co_return !is_capped;
    }

    void enter(std::shared_ptr<session> const& item) {
        open_.insert(item);
        per_address_.add(item->peer());
        if (context_->observer.connections) context_->observer.connections(+1);
    }

    void leave(std::shared_ptr<session> const& item) {
        open_.erase(item);
        per_address_.remove(item->peer());
        if (context_->observer.connections) context_->observer.connections(-1);
    }

    asio::any_io_executor executor_;
    std::shared_ptr<session_context> context_;
    tls_source tls_;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    std::uint16_t port_{};
    std::set<std::shared_ptr<session>> open_;
    address_counts per_address_;
    async::nursery accepting_;
    async::nursery sessions_;
};

}  // namespace

std::unique_ptr<listener> create_listener(asio::any_io_executor executor, listener_settings settings,
                                          router const& routes, tls_source tls, listener_observer observer) {
    return std::make_unique<tcp_listener>(std::move(executor), std::move(settings), routes, std::move(tls),
                                          std::move(observer));
}

}  // namespace voicehook::http
