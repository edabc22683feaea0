#include "sinks/create.hpp"
#include "sinks/webhook_attempt.hpp"

#include <utility>

namespace voicehook::sinks {

namespace {

class http_sink final : public ports::sink {
public:
    http_sink(client::http_client& http, ports::clock const& clock, http_sink_settings settings)
        : http_{http}, clock_{clock}, settings_{std::move(settings)} {
        if (core::split_url(settings_.url, url_) != core::url_error::none) url_ = {};
    }

    sink_name const& name() const noexcept override { return settings_.name; }
    std::size_t max_in_flight() const noexcept override { return settings_.max_in_flight; }
    duration longest_attempt() const noexcept override { return settings_.timeout; }
    awaitable<core::attempt_outcome> deliver(core::delivery const& item, trace_context const& trace) override;
    awaitable<result<void>> probe() override;

private:
    client::http_client& http_;
    ports::clock const& clock_;
    http_sink_settings settings_;
    core::url_parts url_;  ///< empty when the URL is none: every exchange is refused as invalid then
};

awaitable<core::attempt_outcome> http_sink::deliver(core::delivery const& item, trace_context const& trace) {
    auto target = webhook_target{.url = url_,
                                 .signing_keys = settings_.signing_keys,
                                 .authorization = settings_.authorization,
                                 .headers = settings_.headers,
                                 .proxy = settings_.proxy,
                                 .timeout = settings_.timeout};
    auto outcome = co_await attempt_webhook(http_, clock_, item, trace, std::move(target));
    if (outcome.failed == core::delivery_cause::gone) outcome.then = core::attempt_outcome::hint::pause_sink;
    co_return outcome;
}

/// Any answer to a HEAD but 401 shows that the far side is there and trusted: few receivers take one.
awaitable<result<void>> http_sink::probe() {
    auto const doing = "reach sink " + settings_.name.value();
    auto request = client::outbound_request{};
    request.method = "HEAD";
    request.url = url_;
    if (!settings_.authorization.empty())
        request.headers.emplace_back("Authorization", settings_.authorization.reveal());
    for (auto const& header : settings_.headers) request.headers.emplace_back(header.name, header.value.reveal());
    request.timeouts.total = settings_.timeout;
    request.answer_body = client::body_use::drop;
    request.proxy = settings_.proxy;
    auto const answer = co_await http_.send(std::move(request));
    if (!answer) co_return fail(answer.error().why, doing);
    if (answer->status == 401)
        co_return fail(errc::refused, doing + ": HTTP 401: set or correct bearer_token or basic");
    co_return result<void>{};
}

}  // namespace

std::unique_ptr<ports::sink> create_http_sink(client::http_client& http, ports::clock const& clock,
                                              http_sink_settings settings) {
    return std::make_unique<http_sink>(http, clock, std::move(settings));
}

}  // namespace voicehook::sinks
