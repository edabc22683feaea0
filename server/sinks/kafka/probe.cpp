#include "sinks/kafka/probe.hpp"

#include "base/deadline.hpp"
#include "base/utf8.hpp"
#include "sinks/kafka/configuration.hpp"
#include "sinks/kafka/error_table.hpp"
#include "sinks/outcome_failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace voicehook::sinks::kafka {

namespace {

constexpr std::size_t max_text = 300;
/// The library cannot be interrupted while it waits: it is asked in turns.
constexpr auto one_turn = duration{1s};

/// The latest trouble of the client's connections that is about more than silence.
std::optional<trouble> trouble_of(rd_kafka_t* handle) {
    auto const events = queue{rd_kafka_queue_get_main(handle)};
    auto found = std::optional<trouble>{};
    while (auto const next = event{rd_kafka_queue_poll(events.get(), 0)}) {
        if (rd_kafka_event_type(next.get()) != RD_KAFKA_EVENT_ERROR) continue;
        auto const code = rd_kafka_event_error(next.get());
        if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && found) continue;
        found = make_trouble(code, printable(rd_kafka_event_error_string(next.get()), max_text));
    }
    return found;
}

std::string_view advice_for(core::delivery_cause cause) {
    switch (cause) {
        case core::delivery_cause::timeout: return "no broker answers: check brokers, tls and the network";
        case core::delivery_cause::refused: return "nothing listens there: check brokers";
        case core::delivery_cause::reset:
            return "the brokers hang up: check brokers, and whether they want tls or a login";
        case core::delivery_cause::dns: return "the name is unknown: check brokers";
        case core::delivery_cause::tls: return "TLS failed: check tls, ca_file, client_certificate and client_key";
        case core::delivery_cause::unknown_target: return "create the topic or change topic";
        case core::delivery_cause::unauthorized:
            return "check username, password, mechanism and what this user may write";
        default: return "the brokers cannot serve this now";
    }
}

result<void> explain(kafka_sink_settings const& from, rd_kafka_resp_err_t code, std::optional<trouble> const& last) {
    auto const outcome = judge({.code = code}, last);
    if (!outcome.failed) return {};
    return fail(code_of(*outcome.failed),
                fmt::format("topic {}: {}: {}", from.topic, advice_for(*outcome.failed), outcome.answer));
}

class probe final : public job {
public:
    probe(kafka_sink_settings from, std::function<void(result<void>)> done)
        : from_{std::move(from)}, done_{std::move(done)} {}

    void run() noexcept override { std::exchange(done_, nullptr)(ask()); }
    void stop() noexcept override { stopping_ = true; }

private:
    [[nodiscard]] result<void> ask() const {
        auto const conf = make_configuration(from_);
        if (!conf) return std::unexpected{conf.error()};
        // Without a producer id to be had first, nothing is asked for but the topic.
        rd_kafka_conf_set(conf->get(), "enable.idempotence", "false", nullptr, 0);
        auto const made = make_client(conf->get());
        if (!made) return std::unexpected{made.error()};
        return ask(made->get());
    }

    [[nodiscard]] result<void> ask(rd_kafka_t* handle) const {
        auto const topic = topic_handle{rd_kafka_topic_new(handle, from_.topic.c_str(), nullptr)};
        auto const until = deadline::in(from_.timeout);
        auto last = std::optional<trouble>{};
        while (true) {
            rd_kafka_metadata_t const* raw = nullptr;
            auto const turn = static_cast<int>(std::min(one_turn, until.left()).count());
            auto const code = rd_kafka_metadata(handle, 0, topic.get(), &raw, std::max(turn, 1));
            auto const found = metadata{raw};
            if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return explain(from_, what_is_wrong_with(*found), std::nullopt);
            if (auto newer = trouble_of(handle)) last = std::move(newer);
            if (!is_silence(code) || until.passed() || stopping_) return explain(from_, code, last);
            // A login that was refused stays so.
            if (last && cause_of(last->code) == core::delivery_cause::unauthorized) return explain(from_, code, last);
        }
    }

    [[nodiscard]] static rd_kafka_resp_err_t what_is_wrong_with(rd_kafka_metadata_t const& found) {
        return found.topic_cnt == 1 ? found.topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    }

    kafka_sink_settings from_;
    std::function<void(result<void>)> done_;
    std::atomic<bool> stopping_{false};
};

}  // namespace

std::shared_ptr<job> make_probe(kafka_sink_settings from, std::function<void(result<void>)> done) {
    return std::make_shared<probe>(std::move(from), std::move(done));
}

}  // namespace voicehook::sinks::kafka
