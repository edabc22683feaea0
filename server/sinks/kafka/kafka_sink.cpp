#include "core/delivery.hpp"
#include "sinks/kafka/background_threads.hpp"
#include "sinks/kafka/configuration.hpp"
#include "sinks/kafka/create.hpp"
#include "sinks/kafka/message.hpp"
#include "sinks/kafka/probe.hpp"
#include "sinks/kafka/producer.hpp"
#include "sinks/pending_reports.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace voicehook::sinks::kafka {

namespace {

/// The library looks for messages whose time is over once a second, and waits for a request that is under way.
constexpr auto report_margin = duration{5s};

class kafka_sink final : public ports::sink {
public:
    kafka_sink(background_threads& threads, std::unique_ptr<pending_reports> reports, std::shared_ptr<producer> to,
               kafka_sink_settings settings)
        : threads_{threads}, reports_{std::move(reports)}, producer_{std::move(to)}, settings_{std::move(settings)} {
        threads_.start(producer_);
    }
    ~kafka_sink() override { producer_->stop(); }
    kafka_sink(kafka_sink const&) = delete;
    kafka_sink& operator=(kafka_sink const&) = delete;

    sink_name const& name() const noexcept override { return settings_.name; }
    std::size_t max_in_flight() const noexcept override { return settings_.max_in_flight; }
    duration longest_attempt() const noexcept override { return settings_.timeout + report_margin; }
    awaitable<core::attempt_outcome> deliver(core::delivery const& item, trace_context const& trace) override;
    void retire() override { producer_->retire(); }
    awaitable<result<void>> probe() override;

private:
    background_threads& threads_;
    std::unique_ptr<pending_reports> reports_;
    std::shared_ptr<producer> producer_;
    kafka_sink_settings settings_;
};

awaitable<core::attempt_outcome> kafka_sink::deliver(core::delivery const& item, trace_context const& trace) {
    auto seat = reports_->take_seat();
    auto taken = producer_->send(item, headers_of(item, trace), seat.number());
    if (taken.failed) co_return taken;
    auto reported = co_await seat.wait(deadline::in(longest_attempt()));
    if (reported) co_return std::move(*reported);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return core::attempt_outcome{.failed = core::delivery_cause::reset, .answer = "cancelled"};
    co_return core::attempt_outcome{.failed = core::delivery_cause::timeout, .answer = "no report came"};
}

awaitable<result<void>> kafka_sink::probe() {
    auto seat = reports_->take_seat();
    auto const found = std::make_shared<result<void>>(fail(errc::stopping, "cancelled"));
    threads_.start(
        make_probe(settings_, [found, to = seat.number(), post = reports_->make_poster()](result<void> what) {
            *found = std::move(what);
            post.complete(to, {});
        }));
    auto const reported = co_await seat.wait(deadline::in(longest_attempt()));
    if (!reported) co_return fail(errc::timeout, "no broker answered in time");
    co_return *found;
}

}  // namespace

result<std::unique_ptr<ports::sink>> create_kafka_sink(asio::any_io_executor const& executor,
                                                       telemetry::metrics* metrics, kafka_sink_settings settings) {
    auto reports = std::make_unique<pending_reports>(executor);
    auto to = producer::create(settings, reports->make_poster(), metrics);
    if (!to) return std::unexpected{std::move(to.error())};
    return std::make_unique<kafka_sink>(background_threads::of(executor), std::move(reports), std::move(*to),
                                        std::move(settings));
}

result<void> check_settings(kafka_sink_settings const& settings) {
    auto unconnected = settings;
    unconnected.brokers.clear();
    auto const conf = make_configuration(unconnected);
    if (!conf) return std::unexpected{conf.error()};
    auto const made = make_client(conf->get());
    if (!made) return fail(made.error(), "sinks." + settings.name.value());
    return {};
}

}  // namespace voicehook::sinks::kafka
