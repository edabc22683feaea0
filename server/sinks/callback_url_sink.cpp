#include "sinks/create.hpp"
#include "sinks/webhook_attempt.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::sinks {

namespace {

using core::delivery_cause;

class callback_url_sink final : public ports::sink {
public:
    callback_url_sink(client::http_client& http, ports::clock const& clock, callback_url_settings settings)
        : http_{http}, clock_{clock}, settings_{std::move(settings)} {}

    sink_name const& name() const noexcept override { return name_; }
    std::size_t max_in_flight() const noexcept override { return settings_.max_in_flight; }
    duration longest_attempt() const noexcept override { return settings_.timeout; }
    std::string destination_of(core::delivery const& item) const override;
    awaitable<core::attempt_outcome> deliver(core::delivery const& item, trace_context const& trace) override;
    /// There is nothing to reach before a caller names a URL.
    awaitable<result<void>> probe() override { co_return result<void>{}; }

private:
    client::http_client& http_;
    ports::clock const& clock_;
    callback_url_settings settings_;
    sink_name name_{std::string{core::callback_url_sink}};
};

core::attempt_outcome undeliverable(core::delivery_cause cause, std::string why) {
    return {.failed = cause, .answer = std::move(why), .then = core::attempt_outcome::hint::park};
}

/// A host is one however its name ends; an invalid URL leads nowhere and is parked at once.
std::string callback_url_sink::destination_of(core::delivery const& item) const {
    auto url = core::url_parts{};
    if (!item.destination || core::split_url(*item.destination, url) != core::url_error::none) return {};
    if (url.host.ends_with('.')) url.host.pop_back();
    auto const host = url.host.contains(':') ? "[" + url.host + "]" : url.host;
    return url.port.empty() || url.port == "443" ? host : fmt::format("{}:{}", host, url.port);
}

/// 410 and an address that is forbidden park this delivery and pause nothing: the sink is shared by all callers.
awaitable<core::attempt_outcome> callback_url_sink::deliver(core::delivery const& item, trace_context const& trace) {
    auto target = webhook_target{.timeout = settings_.timeout, .guard = settings_.guard};
    if (!item.destination || core::split_url(*item.destination, target.url) != core::url_error::none)
        co_return undeliverable(delivery_cause::format, "callback_url is not a URL");
    if (target.url.scheme != "https") co_return undeliverable(delivery_cause::format, "callback_url is not https");
    if (!settings_.allowed.allows(target.url.host))
        co_return undeliverable(delivery_cause::forbidden,
                                fmt::format("callback_url.allowed_hosts does not allow {}", target.url.host));
    if (settings_.key_of) target.signing_keys = {settings_.key_of(item.caller)};

    auto outcome = co_await attempt_webhook(http_, clock_, item, trace, std::move(target));
    if (outcome.failed == delivery_cause::gone || outcome.failed == delivery_cause::forbidden)
        outcome.then = core::attempt_outcome::hint::park;
    co_return outcome;
}

}  // namespace

std::unique_ptr<ports::sink> create_callback_url_sink(client::http_client& http, ports::clock const& clock,
                                                      callback_url_settings settings) {
    return std::make_unique<callback_url_sink>(http, clock, std::move(settings));
}

}  // namespace voicehook::sinks
