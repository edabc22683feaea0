#include "sinks/nats/create.hpp"
#include "sinks/nats/link.hpp"
#include "sinks/nats/publication.hpp"
#include "sinks/nats/verdict.hpp"
#include "sinks/outcome_failure.hpp"
#include "wire/jetstream_answers.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>

#include <utility>

namespace voicehook::sinks {

namespace {

constexpr auto stream_names = "$JS.API.STREAM.NAMES";

nats::link_settings link_settings_of(nats_sink_settings const& from, std::optional<line_figures> figures) {
    auto out = nats::link_settings{.servers = {},
                                   .tls = from.tls,
                                   .username = from.username,
                                   .password = from.password,
                                   .token = from.token,
                                   .credentials = from.credentials,
                                   .version = from.version,
                                   .line = {.figures = std::move(figures)}};
    for (auto const& [host, port] : from.servers) out.servers.push_back({host, port});
    return out;
}

class nats_sink final : public ports::sink {
public:
    nats_sink(asio::any_io_executor executor, async::resolver_pool& resolver, telemetry::metrics* metrics,
              nats_sink_settings settings)
        : name_{std::move(settings.name)},
          max_in_flight_{settings.max_in_flight},
          timeout_{settings.timeout},
          subject_{std::move(settings.subject)},
          link_{std::move(executor), resolver, link_settings_of(settings, figures_of(metrics, name_))} {}

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
    std::string subject_;
    nats::link link_;
};

awaitable<core::attempt_outcome> nats_sink::deliver(core::delivery const& item, trace_context const& trace) {
    auto const until = deadline::in(timeout_);
    auto message = nats::publish(item, trace, subject_, link_.next_reply());
    auto const subject = message.subject;
    auto const answer = co_await link_.ask(std::move(message), until);
    if (!answer) co_return answer.error();
    co_return nats::outcome_of(*answer, subject);
}

/// Whether a stream takes the subject is asked where that is allowed. Whether we may publish to it only publishing
/// tells.
awaitable<result<void>> nats_sink::probe() {
    auto const until = deadline::in(timeout_);
    auto const subject = nats::subject_of_all(subject_);
    auto question = nats::ask(stream_names, link_.next_reply(), wire::render_stream_names_request(subject));
    auto const answer = co_await link_.ask(std::move(question), until);
    auto const may_not_ask = !answer && answer.error().answer.contains(stream_names);
    if (may_not_ask) co_return result<void>{};
    if (!answer) co_return to_failure(answer.error(), name_);
    auto const problem = nats::problem_of_streams(*answer, subject);
    if (problem) co_return to_failure(*problem, name_);
    co_return result<void>{};
}

}  // namespace

std::unique_ptr<ports::sink> create_nats_sink(asio::any_io_executor executor, async::resolver_pool& resolver,
                                              telemetry::metrics* metrics, nats_sink_settings settings) {
    return std::make_unique<nats_sink>(std::move(executor), resolver, metrics, std::move(settings));
}

}  // namespace voicehook::sinks
