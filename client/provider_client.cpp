#include "client/provider_client.hpp"

#include "base/encoding.hpp"
#include "wire/provider_messages.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

namespace voicehook::client {

namespace {

using send_result = std::expected<outbound_response, exchange_failure>;
using steady = std::chrono::steady_clock;

/// Contract, "Metrics": `provider_requests_total{status}`.
std::string_view status_class(send_result const& answer) {
    if (!answer) return "none";
    if (answer->status == 429) return "429";
    switch (answer->status / 100) {
        case 2: return "2xx";
        case 3: return "3xx";
        case 4: return "4xx";
        default: return "5xx";
    }
}

core::provider_silence silence_of(exchange_failure const& item) {
    using heard = core::provider_silence::request;
    auto const sent = item.sent == exchange_failure::request::not_sent ? heard::not_sent : heard::perhaps_sent;
    return {item.why.code, sent};
}

std::string request_id_of(outbound_response const& answer) {
    auto id = answer.header("X-Request-Id");
    if (!id) id = answer.header("X-Oneapi-Request-Id");
    return std::string{id.value_or("")};
}

std::optional<std::string_view> member_of(std::optional<std::string_view> object, std::string_view name) {
    if (!object) return std::nullopt;
    auto const members = wire::split_object(*object);
    return members ? wire::find_member(*members, name) : std::nullopt;
}

std::optional<double> number_of(std::optional<std::string_view> json) {
    if (!json) return std::nullopt;
    auto number = double{};
    auto const* const end = json->data() + json->size();
    auto const [stopped, error] = std::from_chars(json->data(), end, number);
    if (error != std::errc{} || stopped != end || !std::isfinite(number)) return std::nullopt;
    return number;
}

class https_provider final : public ports::provider {
public:
    https_provider(http_client& http, ports::clock const& clock, provider_endpoint endpoint)
        : http_{http}, clock_{clock}, endpoint_{std::move(endpoint)} {}

    awaitable<std::expected<ports::provider_reply, core::provider_silence>> submit(core::task const& item,
                                                                                   trace_context const& trace) override;
    awaitable<result<ports::provider_reply>> query(provider_task_id const& id, trace_context const& trace) override;
    awaitable<result<ports::provider_credits>> credits() override;

private:
    outbound_request request_for(std::string_view method, std::string_view path, duration limit) const;
    awaitable<send_result> send(std::string_view operation, outbound_request request, trace_id trace = {});
    ports::provider_reply reply_of(outbound_response answer) const;

    http_client& http_;
    ports::clock const& clock_;
    provider_endpoint endpoint_;
};

outbound_request https_provider::request_for(std::string_view method, std::string_view path, duration limit) const {
    auto request = outbound_request{};
    request.method = method;
    auto base = std::string_view{endpoint_.base_url};
    while (base.ends_with('/')) base.remove_suffix(1);
    auto parts = core::url_parts{};
    if (core::split_url(fmt::format("{}{}", base, path), parts) == core::url_error::none)
        request.url = std::move(parts);
    request.timeouts.total = limit;
    request.headers.emplace_back("Authorization", "Bearer " + endpoint_.api_key().reveal());
    request.headers.emplace_back("Accept", "application/json");
    return request;
}

awaitable<send_result> https_provider::send(std::string_view operation, outbound_request request, trace_id trace) {
    auto const begun = steady::now();
    auto answer = co_await http_.send(std::move(request));
    if (endpoint_.observe) {
        auto const took = std::chrono::duration_cast<duration>(steady::now() - begun);
        endpoint_.observe(operation, status_class(answer), took, trace);
    }
    co_return answer;
}

ports::provider_reply https_provider::reply_of(outbound_response answer) const {
    auto reply = ports::provider_reply{};
    reply.answer = wire::read_answer(answer.status, answer.body, answer.header("Retry-After"), clock_.wall());
    reply.request_id = request_id_of(answer);
    reply.body = std::move(answer.body);
    return reply;
}

awaitable<std::expected<ports::provider_reply, core::provider_silence>> https_provider::submit(
    core::task const& item, trace_context const& trace) {
    auto request = request_for("POST", "/v1/audios/generations", endpoint_.submit_timeout);
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("Idempotency-Key", item.id.value());
    request.headers.emplace_back("traceparent", write_traceparent(trace));
    request.body = item.submit_body;

    auto answer = co_await send("submit", std::move(request), trace.trace);
    if (!answer) co_return unexpected{silence_of(answer.error())};
    co_return reply_of(std::move(*answer));
}

awaitable<result<ports::provider_reply>> https_provider::query(provider_task_id const& id, trace_context const& trace) {
    auto request = request_for("GET", "/v1/tasks/" + percent_encode(id.value()), endpoint_.query_timeout);
    request.headers.emplace_back("traceparent", write_traceparent(trace));
    auto answer = co_await send("query", std::move(request), trace.trace);
    if (!answer) co_return fail(std::move(answer.error().why), "query the provider");
    co_return reply_of(std::move(*answer));
}

awaitable<result<ports::provider_credits>> https_provider::credits() {
    auto request = request_for("GET", "/v1/credits", endpoint_.query_timeout);
    auto const answer = co_await send("credits", std::move(request));
    if (!answer) co_return fail(answer.error().why, "ask for the credits");
    if (answer->status != 200)
        co_return fail(errc::protocol, fmt::format("ask for the credits: HTTP {}", answer->status));
    auto const data = member_of(answer->body, "data");
    if (!data) co_return fail(errc::protocol, "ask for the credits: an answer without data");
    auto const token = member_of(data, "token");
    co_return ports::provider_credits{
        .token_remaining = number_of(member_of(token, "remaining_credits")),
        .user_remaining = number_of(member_of(member_of(data, "user"), "remaining_credits")),
        .token_unlimited = member_of(token, "unlimited_credits") == "true",
    };
}

}  // namespace

std::unique_ptr<ports::provider> create_provider_client(http_client& http, ports::clock const& clock,
                                                        provider_endpoint endpoint) {
    return std::make_unique<https_provider>(http, clock, std::move(endpoint));
}

}  // namespace voicehook::client
