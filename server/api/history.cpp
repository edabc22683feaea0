#include "api/history.hpp"

#include "api/answers.hpp"
#include "api/json_parts.hpp"
#include "api/query_reader.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

namespace voicehook::api {
namespace {

awaitable<http::response> answer(flows::chronicle const& written, ports::clock const& clock, http::request item) {
    query_reader query{item};
    auto const window = query.one_of<telemetry::history_window>("window").value_or(telemetry::history_window::hour);
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));
    auto const found = written.history().read(window, clock.now());
    co_return http::json_response(200, render_history_of(window, found));
}

}  // namespace

std::string render_history_of(telemetry::history_window window, telemetry::track::excerpt const& found) {
    wire::object_writer all;
    for (auto const& [what, name] : names_of<telemetry::series>) {
        auto const value = [at = telemetry::index_of(what)](telemetry::sample const& each) {
            return each[at] ? fmt::format("{:.6g}", *each[at]) : std::string{"null"};
        };
        all.raw(name, render_array(found.samples, value));
    }
    wire::object_writer out;
    out.text("window", to_text(window));
    out.number("step_seconds", std::chrono::floor<std::chrono::seconds>(found.step).count());
    out.text("until", to_rfc3339(found.until)).raw("series", std::move(all).finish());
    return std::move(out).finish();
}

std::vector<http::route> history_routes(flows::chronicle const& written, ports::clock const& clock) {
    http::route page{.method = "GET",
                     .pattern = "/ops/v1/history",
                     .body = {},
                     .admit = {},
                     .handle = [from = &written,
                                time = &clock](http::request item) { return answer(*from, *time, std::move(item)); },
                     .on_body_refused = {}};
    return {std::move(page)};
}

}  // namespace voicehook::api
