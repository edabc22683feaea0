#include "api/health.hpp"

namespace voicehook::api {
namespace {

/// How long the outcome of a probe is good for.
constexpr auto probe_holds = 300ms;
/// A store that takes longer than this for nothing would let callbacks time out. Both together stay below the second
/// within which an outage must show.
constexpr auto probe_limit = 600ms;

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
    if (!gave_up() && !probing_ && probed_until_.passed()) {
        probing_ = true;
        probe_due_ = deadline::in(probe_limit);
        probes_.spawn("probe", probe());
        co_await probed_.wait_until(probe_due_);
    }
    auto const stuck = probing_ && probe_due_.passed();
    auto const& reason = gave_up() ? given_up_ : unready_because_;
    auto const good = reason.empty() && !stuck;
    metrics_.set(telemetry::gauge::ready, {}, good ? 1 : 0);
    if (!good) co_return unready(stuck ? "store_slow" : reason);
    co_return http::json_response(200, R"({"status":"ready"})");
}

awaitable<void> health::probe() {
    auto const probed = co_await store_.probe();
    probing_ = false;
    probed_until_ = deadline::in(probe_holds);
    unready_because_ = probed ? std::string{} : std::string{to_text(probed.error().code)};
    probed_.notify();
}

awaitable<void> health::finish() { co_await probes_.drained(); }

}  // namespace voicehook::api
