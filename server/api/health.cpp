#include "api/health.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace voicehook::api {
namespace {

/// How long the outcome of a probe is good for.
constexpr auto probe_holds = 300ms;
/// A store that takes longer than this for nothing would let callbacks time out. Both together stay below the second
/// within which an outage must show.
constexpr auto probe_limit = 600ms;

/// Why it is unready while a probe does not come back.
constexpr std::string_view store_is_slow = "store_slow";

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
    auto const reason = co_await why_unready();
    metrics_.set(telemetry::gauge::ready, {}, reason.empty() ? 1 : 0);
    if (!reason.empty()) co_return unready(reason);
    co_return http::json_response(200, R"({"status":"ready"})");
}

awaitable<std::string> health::why_unready() {
    if (!gave_up() && !probing_ && probed_until_.passed()) begin_probe();
    if (!gave_up() && probing_ && !probe_due_.passed())
        static_cast<void>(co_await probed_.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (probing_ && probe_due_.passed()) co_return std::string{store_is_slow};
    co_return gave_up() ? given_up_ : unready_because_;
}

/// However a probe ends, everybody goes on.
struct health::probe_end {
    health& owner;
    explicit probe_end(health& whose) : owner{whose} {}
    probe_end(probe_end const&) = delete;
    probe_end& operator=(probe_end const&) = delete;
    ~probe_end() {
        owner.probing_ = false;
        owner.probed_until_ = deadline::in(probe_holds);
        owner.probed_.cancel();
    }
};

void health::begin_probe() {
    probing_ = true;
    probe_due_ = deadline::in(probe_limit);
    probed_.expires_at(probe_due_.moment());
    probes_.spawn("probe", probe());
}

awaitable<void> health::probe() {
    unready_because_ = to_text(errc::store_unavailable);  // should the probe not come back, but throw
    auto const done = probe_end{*this};
    auto const probed = co_await store_.probe();
    unready_because_ = probed ? std::string{} : std::string{to_text(probed.error().code)};
}

awaitable<void> health::finish() { co_await probes_.drained(); }

}  // namespace voicehook::api
