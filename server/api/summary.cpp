#include "api/summary.hpp"

#include "api/answers.hpp"
#include "api/query_reader.hpp"
#include "wire/raw_json.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace voicehook::api {
namespace {

/// How long a reading is good for those who share it.
constexpr auto reading_holds = 1s;

/// The summary is the same for everybody but for this.
result<std::string> addressed_to(std::string const& who, result<std::string> summary) {
    if (summary) summary->insert(1, "\"operator\":" + wire::quote(who) + ",");
    return summary;
}

}  // namespace

std::vector<http::route> summary::routes() {
    http::route page{.method = "GET",
                     .pattern = "/ops/v1/summary",
                     .body = {},
                     .admit = {},
                     .handle = [this](http::request item) { return answer(std::move(item)); },
                     .on_body_refused = {}};
    return {std::move(page)};
}

awaitable<http::response> summary::answer(http::request item) {
    query_reader query{item};
    auto const audit = query.text("audit");
    if (audit && *audit != "deep") query.complain("audit", "must be deep, or absent");
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));

    auto text = co_await (audit ? render_audited(item.principal) : render(item.principal));
    if (!text) co_return unavailable_response(text.error());
    co_return http::json_response(200, std::move(*text));
}

awaitable<result<std::string>> summary::render(std::string who) {
    auto text = co_await read();
    co_return addressed_to(who, std::move(text));
}

awaitable<result<std::string>> summary::render_audited(std::string who) {
    auto const report = co_await store_.audit();
    if (!report) co_return std::unexpected{report.error()};
    retain_.report(report->violations);
    auto const counters = co_await store_.summary(clock_.now());
    if (!counters) co_return std::unexpected{counters.error()};
    auto const process = co_await look_around();
    co_return addressed_to(who, render_summary(*counters, report->violations, process, clock_.now()));
}

awaitable<result<std::string>> summary::read() {
    auto const counters = co_await store_.summary(clock_.now());
    if (!counters) co_return std::unexpected{counters.error()};
    auto const process = co_await look_around();
    co_return render_summary(*counters, ports::conservation_violations(*counters), process, clock_.now());
}

awaitable<process_view> summary::look_around() {
    auto const unready = co_await health_.why_unready();
    using telemetry::counter;
    co_return process_view{.version = settings_.version,
                           .owner = settings_.owner,
                           .since = settings_.since,
                           .ready = unready.empty(),
                           .sinks = settings_.sinks(),
                           .provider_in_flight = settings_.provider_in_flight(),
                           .provider = provider_,
                           .credits = settings_.credits(),
                           .canary = settings_.canary(),
                           .requests = metrics_.read(counter::provider_requests),
                           .submissions = metrics_.read(counter::submissions),
                           .callbacks = metrics_.read(counter::callbacks),
                           .rejected = metrics_.read(counter::http_rejected)};
}

/// However a reading ends, everybody goes on.
struct summary::reading_end {
    summary& owner;
    explicit reading_end(summary& whose) : owner{whose} { owner.reading_ = true; }
    reading_end(reading_end const&) = delete;
    reading_end& operator=(reading_end const&) = delete;
    ~reading_end() {
        owner.reading_ = false;
        owner.shared_ready_.cancel();
    }
};

awaitable<result<std::string>> summary::render_shared(std::string who) {
    while (reading_) static_cast<void>(co_await shared_ready_.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (shared_until_.passed()) {
        shared_ready_.expires_at(asio::steady_timer::time_point::max());
        auto const end = reading_end{*this};
        shared_ = co_await read();
        shared_until_ = deadline::in(reading_holds);
    }
    co_return addressed_to(who, shared_);
}

}  // namespace voicehook::api
