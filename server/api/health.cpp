#include "api/health.hpp"

namespace voicehook::api {
namespace {

http::response unready(std::string_view reason) {
    auto answer = http::json_response(503, "{\"status\":\"unready\",\"reason\":\"" + std::string{reason} + "\"}");
    answer.headers.emplace_back("Retry-After", "1");
    return answer;
}

}  // namespace

std::vector<http::route> health::routes() {
    http::route live_route{
        .method = "GET", .pattern = "/livez", .body = {}, .admit = {}, .handle = &health::live, .on_body_refused = {}};
    http::route ready_route{.method = "GET",
                            .pattern = "/readyz",
                            .body = {},
                            .admit = {},
                            .handle = [this](http::request item) { return ready(std::move(item)); },
                            .on_body_refused = {}};
    return {std::move(live_route), std::move(ready_route)};
}

awaitable<http::response> health::live(http::request) { co_return http::json_response(200, R"({"status":"ok"})"); }

awaitable<http::response> health::ready(http::request) {
    if (gave_up()) {
        metrics_.set(telemetry::gauge::ready, {}, 0);
        co_return unready(given_up_);
    }
    auto const probed = co_await store_.probe();
    metrics_.set(telemetry::gauge::ready, {}, probed ? 1 : 0);
    if (!probed) co_return unready(to_text(probed.error().code));
    co_return http::json_response(200, R"({"status":"ready"})");
}

}  // namespace voicehook::api
