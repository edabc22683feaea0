#include "flows/outbox.hpp"

#include "base/encoding.hpp"
#include "wire/digest.hpp"
#include "wire/provider_messages.hpp"
#include "wire/task_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::flows {
namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view structured_event = "application/cloudevents+json";

bool is_listed(std::vector<std::string> const& list, std::string const& name) {
    return list.empty() || std::ranges::find(list, name) != list.end();
}

bool matches(sink_route const& route, core::task const& item, core::ended const& end) {
    return std::ranges::find(route.statuses, end.what) != route.statuses.end() &&
           is_listed(route.callers, item.caller.value()) && is_listed(route.models, item.model);
}

core::new_delivery render(sink_route const& route, core::task const& ended) {
    core::new_delivery item{.id = delivery_id_for(ended.id, route.name),
                            .sink = route.name,
                            .destination = {},
                            .content_type = std::string{json},
                            .body = {},
                            .event_type = wire::event_type(ended)};
    switch (route.format) {
        case delivery_format::envelope: item.body = wire::render_envelope(ended); break;
        case delivery_format::verbatim: item.body = wire::render_verbatim(ended); break;
        case delivery_format::cloudevents:
            item.content_type = structured_event;
            item.body = wire::render_cloudevent(ended, item.id.value());
            break;
        case delivery_format::cloudevents_binary:
            item.body = wire::render_event_data(ended);
            item.encoding = core::delivery_encoding::cloudevents_binary;
            break;
        case delivery_format::preview_link: item.destination = wire::preview_url(ended.provider_body); break;
    }
    return item;
}

core::new_delivery render_for_caller(core::task const& ended) {
    auto const sink = sink_name{std::string{core::callback_url_sink}};
    return {.id = delivery_id_for(ended.id, sink),
            .sink = sink,
            .destination = ended.callback_url,
            .content_type = std::string{json},
            .body = wire::render_task(ended),
            .event_type = wire::event_type(ended)};
}

}  // namespace

delivery_id delivery_id_for(task_id const& task, sink_name const& sink) {
    auto const digest = wire::sha256(fmt::format("delivery/v1:{}:{}", task.value(), sink.value()));
    return delivery_id{"msg_" + to_base64url(std::string_view{digest}.substr(0, 16))};
}

std::vector<core::new_delivery> render_deliveries(std::vector<sink_route> const& routes, core::task const& ended) {
    std::vector<core::new_delivery> deliveries;
    auto const* end = std::get_if<core::ended>(&ended.state);
    if (end == nullptr) return deliveries;
    for (auto const& route : routes) {
        if (!matches(route, ended, *end)) continue;
        auto item = render(route, ended);
        if (route.format != delivery_format::preview_link || item.destination) deliveries.push_back(std::move(item));
    }
    if (ended.callback_url) deliveries.push_back(render_for_caller(ended));
    return deliveries;
}

outbox::outbox(std::vector<sink_route> routes) { replace(std::move(routes)); }

void outbox::replace(std::vector<sink_route> routes) {
    routes_ = std::make_shared<std::vector<sink_route> const>(std::move(routes));
}

ports::render_function outbox::renderer() const {
    return [routes = routes_](core::task const& ended) { return render_deliveries(*routes, ended); };
}

std::vector<sink_name> outbox::sinks_of(core::task const& ended) const {
    std::vector<sink_name> names;
    auto const* end = std::get_if<core::ended>(&ended.state);
    if (end == nullptr) return names;
    for (auto const& route : *routes_)
        if (matches(route, ended, *end)) names.push_back(route.name);
    if (ended.callback_url) names.push_back(sink_name{std::string{core::callback_url_sink}});
    return names;
}

}  // namespace voicehook::flows
