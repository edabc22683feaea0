#include "app/listeners.hpp"

#include "app/wiring.hpp"

namespace voicehook::app {
namespace {

/// The public listener tells strangers nothing: its errors have no body.
http::response bare_error(int status, std::string_view, std::string_view) {
    http::response answer;
    answer.status = status;
    return answer;
}

result<async::server_tls> read_certificate(config::tls_settings const& from, std::string_view key) {
    if (!from.enabled()) return async::server_tls{};
    auto made = async::make_server_tls({.certificate = from.certificate, .key = from.key, .client_ca = from.client_ca});
    if (!made) return fail(std::move(made.error()), key);
    return made;
}

}  // namespace

result<certificates> read_certificates(config::settings const& from) {
    auto for_public = read_certificate(from.public_listener.tls, "public.tls");
    if (!for_public) return std::unexpected{std::move(for_public.error())};
    auto for_api = read_certificate(from.api.tls, "api.tls");
    if (!for_api) return std::unexpected{std::move(for_api.error())};
    auto for_ops = read_certificate(from.ops.tls, "ops.tls");
    if (!for_ops) return std::unexpected{std::move(for_ops.error())};
    return certificates{std::move(*for_public), std::move(*for_api), std::move(*for_ops)};
}

listeners::listeners(asio::any_io_executor executor, config::settings const& settings, std::size_t max_connections,
                     route_tables tables, certificates first, telemetry::metrics& metrics)
    : executor_{executor},
      metrics_{metrics},
      certificates_{std::make_shared<certificates>(std::move(first))},
      public_routes_{std::move(tables.public_routes), {}, &bare_error},
      api_routes_{std::move(tables.api_routes), std::move(tables.api_guards)},
      ops_routes_{std::move(tables.ops_routes), std::move(tables.ops_guards)},
      public_{make(public_listener(settings, max_connections), public_routes_, &certificates::public_listener)},
      api_{make(api_listener(settings, max_connections), api_routes_, &certificates::api)},
      ops_{make(ops_listener(settings, max_connections), ops_routes_, &certificates::ops)} {
    show_expiry();
}

std::unique_ptr<http::listener> listeners::make(http::listener_settings settings, http::router const& routes,
                                                async::server_tls certificates::* which) {
    auto const name = settings.name;
    auto tls = [current = certificates_, which] { return (*current.*which).context; };
    http::listener_observer observer;
    observer.rejected = [this, name](std::string_view reason) {
        metrics_.add(telemetry::counter::http_rejected, {name, reason});
    };
    observer.connections = [this, name, open = 0.0](std::ptrdiff_t change) mutable {
        open += static_cast<double>(change);
        metrics_.set(telemetry::gauge::connections, {name}, open);
    };
    return http::create_listener(executor_, std::move(settings), routes, std::move(tls), std::move(observer));
}

result<void> listeners::start() {
    for (auto* const listener : {public_.get(), api_.get(), ops_.get()}) {
        auto started = listener->start();
        if (!started) return started;
    }
    return {};
}

void listeners::use(certificates fresh) {
    *certificates_ = std::move(fresh);
    show_expiry();
}

void listeners::send_away() {
    for (auto* const listener : {public_.get(), api_.get(), ops_.get()}) listener->send_away();
}

void listeners::stop_accepting() {
    for (auto* const listener : {public_.get(), api_.get(), ops_.get()}) listener->stop_accepting();
}

awaitable<void> listeners::drained(deadline until) {
    co_await public_->drained(until);
    co_await api_->drained(until);
    co_await ops_->drained(until);
}

void listeners::show_expiry() {
    auto const show = [this](std::string_view name, async::server_tls const& tls) {
        if (!tls.context) return;
        metrics_.set(telemetry::gauge::certificate_expiry_timestamp_seconds, {name},
                     static_cast<double>(to_unix_seconds(tls.not_after)));
    };
    show("public", certificates_->public_listener);
    show("api", certificates_->api);
    show("ops", certificates_->ops);
}

}  // namespace voicehook::app
