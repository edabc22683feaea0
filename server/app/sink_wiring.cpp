#include "app/sink_wiring.hpp"

#include "app/wiring.hpp"
#include "async/tls_context.hpp"
#include "client/http_client.hpp"
#include "sinks/create.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace voicehook::app {
namespace {

/// A sink and the client it sends with.
struct owned_sink {
    std::unique_ptr<client::http_client> http;
    std::unique_ptr<ports::sink> sink;
};

std::shared_ptr<ports::sink> share(owned_sink parts) {
    auto const owner = std::make_shared<owned_sink>(std::move(parts));
    return {owner, owner->sink.get()};
}

flows::delivery_format format_of(config::body_format format) {
    switch (format) {
        case config::body_format::envelope: return flows::delivery_format::envelope;
        case config::body_format::verbatim: return flows::delivery_format::verbatim;
        case config::body_format::cloudevents: return flows::delivery_format::cloudevents;
        case config::body_format::cloudevents_binary: return flows::delivery_format::cloudevents_binary;
    }
    return flows::delivery_format::envelope;
}

result<std::shared_ptr<ports::sink>> make_http_sink(config::sink_settings const& from, sink_parts const& parts) {
    auto trust = async::make_client_tls(from.http.ca_file);
    if (!trust) return fail(std::move(trust.error()), fmt::format("sinks.{}.ca_file", from.name.value()));
    owned_sink made;
    made.http = client::create_http_client(parts.executor, parts.resolver, std::move(*trust), {});
    made.sink = sinks::create_http_sink(*made.http, parts.clock,
                                        {.name = from.name,
                                         .url = from.http.url,
                                         .signing_key = key_bytes(from.http.webhook_secret),
                                         .timeout = from.timeout,
                                         .max_in_flight = from.max_in_flight});
    return share(std::move(made));
}

result<std::shared_ptr<ports::sink>> make_file_sink(config::sink_settings const& from, sink_parts const& parts) {
    auto sink = sinks::create_file_sink(parts.clock,
                                        {.name = from.name, .path = from.file.path, .rotate_at = from.file.rotate_at});
    if (!sink) return fail(std::move(sink.error()), fmt::format("sinks.{}.path", from.name.value()));
    return std::shared_ptr<ports::sink>{std::move(*sink)};
}

result<std::shared_ptr<ports::sink>> make_callback_url_sink(config::callback_url_settings const& from,
                                                            sink_parts const& parts) {
    auto trust = async::make_client_tls(from.ca_file);
    if (!trust) return fail(std::move(trust.error()), "callback_url.ca_file");
    owned_sink made;
    made.http = client::create_http_client(parts.executor, parts.callers_resolver, std::move(*trust), {});
    made.sink = sinks::create_callback_url_sink(
        *made.http, parts.clock,
        {.key_of = parts.signing_key_of,
         .guard = from.allow_internal ? client::address_guard::allow_internal : client::address_guard::refuse_internal,
         .timeout = from.timeout,
         .max_in_flight = from.max_in_flight});
    return share(std::move(made));
}

result<std::shared_ptr<ports::sink>> make_sink(config::sink_settings const& from, sink_parts const& parts) {
    switch (from.type) {
        case config::sink_type::http: return make_http_sink(from, parts);
        case config::sink_type::file: return make_file_sink(from, parts);
    }
    return fail(errc::invalid, fmt::format("sinks.{}.type", from.name.value()));
}

core::sink_terms terms_of(config::sink_settings const& from) {
    auto terms = core::sink_terms{};
    terms.policy = {.retries = {from.retry.first, from.retry.longest},
                    .give_up_after = from.retry.give_up_after,
                    .park_at_once = from.retry.park_at_once};
    terms.deliveries_per_second = from.deliveries_per_second;
    return terms;
}

}  // namespace

std::vector<flows::sink_route> sink_routes(config::settings const& from) {
    std::vector<flows::sink_route> routes;
    for (auto const& sink : from.sinks)
        routes.push_back({.name = sink.name,
                          .statuses = sink.statuses,
                          .format = format_of(sink.format),
                          .callers = sink.callers,
                          .models = sink.models});
    return routes;
}

std::vector<std::string> sink_names(config::settings const& from) {
    std::vector<std::string> names{std::string{core::callback_url_sink}};
    for (auto const& sink : from.sinks) names.push_back(sink.name.value());
    return names;
}

result<std::vector<flows::served_sink>> make_sinks(config::settings const& from, sink_parts parts) {
    std::vector<flows::served_sink> made;
    for (auto const& item : from.sinks) {
        auto sink = make_sink(item, parts);
        if (!sink) return std::unexpected{std::move(sink.error())};
        made.push_back({std::move(*sink), terms_of(item)});
    }
    auto callers = make_callback_url_sink(from.callback_url, parts);
    if (!callers) return std::unexpected{std::move(callers.error())};
    made.push_back({std::move(*callers), {.max_per_destination = from.callback_url.max_per_host}});
    return made;
}

}  // namespace voicehook::app
