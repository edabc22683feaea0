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
    auto target = webhook_target{url_, settings_.signing_key, settings_.timeout};
    auto outcome = co_await attempt_webhook(http_, clock_, item, trace, std::move(target));
    if (outcome.failed == core::delivery_cause::gone) outcome.then = core::attempt_outcome::hint::pause_sink;
    co_return outcome;
}

/// Any answer to a HEAD shows that the far side is there and trusted.
awaitable<result<void>> http_sink::probe() {
    auto request = client::outbound_request{};
    request.method = "HEAD";
    request.url = url_;
    request.timeouts.total = settings_.timeout;
    request.answer_body = client::body_use::drop;
    auto const answer = co_await http_.send(std::move(request));
    if (!answer) co_return fail(answer.error().why, "reach sink " + settings_.name.value());
    co_return result<void>{};
}

}  // namespace

std::unique_ptr<ports::sink> create_http_sink(client::http_client& http, ports::clock const& clock,
                                              http_sink_settings settings) {
    return std::make_unique<http_sink>(http, clock, std::move(settings));
}

}  // namespace voicehook::sinks
