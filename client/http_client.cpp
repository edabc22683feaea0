#include "client/http_client.hpp"

#include "async/resolver_pool.hpp"
#include "base/deadline.hpp"
#include "client/connection.hpp"
#include "client/connection_pool.hpp"
#include "client/endpoint_guard.hpp"
#include "client/https_exchange.hpp"
#include "client/proxy_tunnel.hpp"
#include "client/request_head.hpp"
#include "client/text_match.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::client {

namespace {

using asio::ip::tcp;
using sent_state = exchange_failure::request;
using send_result = std::expected<outbound_response, exchange_failure>;

std::unexpected<exchange_failure> not_sent(failure why) {
    return std::unexpected{exchange_failure{std::move(why), sent_state::not_sent}};
}

std::unexpected<exchange_failure> broken(exchange_break const& end) {
    auto const nothing = end.reached == exchange_progress::nothing_written;
    return std::unexpected{exchange_failure{end.why, nothing ? sent_state::not_sent : sent_state::perhaps_sent}};
}

/// Whether a request that failed on a kept connection may go out again on a new one: nothing of it left, or repeating
/// it changes nothing and no answer had begun.
bool may_start_over(outbound_request const& request, exchange_break const& end) {
    if (end.reached == exchange_progress::nothing_written) return end.why.code == errc::reset;
    auto const harmless = request.method == "GET" || request.method == "HEAD";
    return harmless && end.reached == exchange_progress::written && end.why.code == errc::reset;
}

/// Where the connection for a request leads, by everything that tells it from others.
origin origin_of(outbound_request const& request) {
    auto to = origin{request.url.scheme, request.url.host, std::to_string(port_of(request.url)), request.guard, {}};
    if (request.proxy) to.proxy = fmt::format("{} {}", name_of(*request.proxy), request.proxy->authorization.reveal());
    return to;
}

/// Whether our coroutine was cancelled while no operation could notice.
awaitable<bool> stop_requested() {
    auto const state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

class pooled_client final : public http_client {
public:
    pooled_client(asio::any_io_executor executor, async::resolver_pool& resolver,
                  std::shared_ptr<asio::ssl::context> trust, client_settings settings)
        : executor_{std::move(executor)},
          resolver_{resolver},
          trust_{std::move(trust)},
          settings_{std::move(settings)},
          pool_{settings_.max_idle_per_host, settings_.max_idle, settings_.idle_for} {}

    awaitable<send_result> send(outbound_request request) override;
    void close_idle() override { pool_.clear(); }

private:
    awaitable<result<std::unique_ptr<connection>>> open(outbound_request const& request, deadline until);
    awaitable<result<std::vector<tcp::endpoint>>> find_endpoints(outbound_request const& request, deadline until);
    outbound_response settle(origin const& to, std::unique_ptr<connection> peer, exchange_end end);

    asio::any_io_executor executor_;
    async::resolver_pool& resolver_;
    std::shared_ptr<asio::ssl::context> trust_;
    client_settings settings_;
    connection_pool pool_;
};

awaitable<send_result> pooled_client::send(outbound_request request) {
    auto const until = deadline::in(request.timeouts.total);
    auto const head = render_head(request, settings_.user_agent);
    if (!head) co_return not_sent(head.error());
    auto const expects =
        request.method == "HEAD" ? exchange_order::answer::headers_only : exchange_order::answer::with_body;
    auto const order =
        exchange_order{*head, request.body, expects, request.max_response_body, request.answer_body, &request.on_body};
    auto const to = origin_of(request);

    if (auto kept = pool_.take(to)) {
        auto end = co_await exchange(*kept, order, until);
        if (end) co_return settle(to, std::move(kept), std::move(*end));
        if (!may_start_over(request, end.error())) co_return broken(end.error());
    }

    auto opened = co_await open(request, until);
    if (!opened) co_return not_sent(std::move(opened.error()));
    auto const stopping = co_await stop_requested();
    if (stopping) co_return not_sent({errc::stopping, "write the request: cancelled"});
    auto end = co_await exchange(**opened, order, until);
    if (!end) co_return broken(end.error());
    co_return settle(to, std::move(*opened), std::move(*end));
}

awaitable<result<std::vector<tcp::endpoint>>> pooled_client::find_endpoints(outbound_request const& request,
                                                                            deadline until) {
    auto const guarded = request.guard == address_guard::refuse_internal;
    auto const& url = request.proxy ? request.proxy->url : request.url;
    auto const& host = url.host;
    if (guarded && request.proxy)
        co_return fail(errc::forbidden, "connect through a proxy, which resolves by itself, to " + request.url.host);
    if (guarded && core::names_internal_host(host))
        co_return fail(errc::forbidden, "connect to the internal host " + host);

    auto endpoints = co_await resolver_.resolve(host, port_of(url), until.within(request.timeouts.resolve));
    if (!endpoints) co_return endpoints;
    std::ranges::transform(*endpoints, endpoints->begin(), unmapped);
    if (guarded) {
        auto const allowed = refuse_internal_endpoints(*endpoints, host);
        if (!allowed) co_return unexpected{allowed.error()};
    }
    co_return endpoints;
}

awaitable<result<std::unique_ptr<connection>>> pooled_client::open(outbound_request const& request, deadline until) {
    auto const endpoints = co_await find_endpoints(request, until);
    if (!endpoints) co_return unexpected{endpoints.error()};

    auto peer = std::make_unique<connection>(executor_);
    auto const connected = co_await peer->connect(*endpoints, until.within(request.timeouts.connect));
    if (!connected && request.proxy) co_return fail(connected.error(), "reach the proxy " + name_of(*request.proxy));
    if (!connected) co_return unexpected{connected.error()};
    if (request.proxy) {
        auto const opened = co_await open_tunnel(*peer, *request.proxy, request.url, settings_.user_agent,
                                                 until.within(request.timeouts.tunnel));
        if (!opened) co_return unexpected{opened.error()};
    }
    if (request.url.scheme == "https") {
        auto const shaken =
            co_await peer->handshake(*trust_, request.url.host, until.within(request.timeouts.handshake));
        if (!shaken) co_return unexpected{shaken.error()};
    }
    co_return peer;
}

outbound_response pooled_client::settle(origin const& to, std::unique_ptr<connection> peer, exchange_end end) {
    if (end.then == exchange_end::connection_state::reusable) pool_.give_back(to, std::move(peer));
    return std::move(end.answer);
}

}  // namespace

std::optional<std::string_view> outbound_response::header(std::string_view name) const {
    auto const found =
        std::ranges::find_if(headers, [&](auto const& item) { return equal_ignoring_case(item.first, name); });
    if (found == headers.end()) return std::nullopt;
    return found->second;
}

std::unique_ptr<http_client> create_http_client(asio::any_io_executor executor, async::resolver_pool& resolver,
                                                std::shared_ptr<asio::ssl::context> trust, client_settings settings) {
    return std::make_unique<pooled_client>(std::move(executor), resolver, std::move(trust), std::move(settings));
}

}  // namespace voicehook::client
