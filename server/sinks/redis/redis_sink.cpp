#include "sinks/outcome_failure.hpp"
#include "sinks/redis/commands.hpp"
#include "sinks/redis/create.hpp"
#include "sinks/redis/link.hpp"
#include "sinks/redis/verdict.hpp"

#include "base/utf8.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace voicehook::sinks {

namespace {

constexpr std::size_t shown_bytes = 200;

class redis_sink final : public ports::sink {
public:
    redis_sink(asio::any_io_executor executor, async::resolver_pool& resolver, telemetry::metrics* metrics,
               redis_sink_settings settings)
        : name_{std::move(settings.name)},
          max_in_flight_{settings.max_in_flight},
          timeout_{settings.timeout},
          target_{std::move(settings.stream), settings.max_length},
          link_{std::move(executor), resolver,
                redis::link_settings{.host = std::move(settings.host),
                                     .port = settings.port,
                                     .database = settings.database,
                                     .tls = std::move(settings.tls),
                                     .username = std::move(settings.username),
                                     .password = std::move(settings.password),
                                     .line = {.figures = figures_of(metrics, name_)}}} {}

    sink_name const& name() const noexcept override { return name_; }
    std::size_t max_in_flight() const noexcept override { return max_in_flight_; }
    duration longest_attempt() const noexcept override { return timeout_; }
    awaitable<core::attempt_outcome> deliver(core::delivery const& item, trace_context const& trace) override;
    void retire() override { link_.retire(); }
    awaitable<result<void>> probe() override;

private:
    sink_name name_;
    std::size_t max_in_flight_;
    duration timeout_;
    redis::stream_target target_;
    redis::link link_;
};

awaitable<core::attempt_outcome> redis_sink::deliver(core::delivery const& item, trace_context const& trace) {
    auto const until = deadline::in(timeout_);
    auto const answer = co_await link_.ask({redis::add_entry(item, trace, target_)}, until);
    if (!answer) co_return answer.error();
    co_return redis::outcome_of(*answer, target_.key);
}

/// Two questions: may and can we add, and is the key a stream or free? A user who may not ask for the second may still
/// add.
awaitable<result<void>> redis_sink::probe() {
    auto const until = deadline::in(timeout_);
    auto const refused = co_await link_.ask({redis::add_nothing(target_)}, until);
    if (!refused) co_return to_failure(refused.error(), name_);
    if (refused->text != redis::refusal_of_nothing)
        co_return to_failure(redis::outcome_of(*refused, target_.key), name_);

    auto const words = std::array{std::string_view{"TYPE"}, std::string_view{target_.key}};
    auto const type = co_await link_.ask({redis::command(words)}, until);
    if (!type) co_return to_failure(type.error(), name_);
    auto const fits = type->is == redis::reply::kind::error || type->text == "none" || type->text == "stream";
    if (fits) co_return result<void>{};
    auto const taken = fmt::format("the key {} holds a {}: use another for stream", printable(target_.key, shown_bytes),
                                   printable(type->text, shown_bytes));
    co_return to_failure({.failed = core::delivery_cause::unknown_target, .answer = taken}, name_);
}

}  // namespace

std::unique_ptr<ports::sink> create_redis_sink(asio::any_io_executor executor, async::resolver_pool& resolver,
                                               telemetry::metrics* metrics, redis_sink_settings settings) {
    return std::make_unique<redis_sink>(std::move(executor), resolver, metrics, std::move(settings));
}

}  // namespace voicehook::sinks
