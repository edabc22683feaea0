#include "sinks/kafka/producer.hpp"

#include "base/log.hpp"
#include "base/utf8.hpp"
#include "sinks/kafka/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <utility>

namespace voicehook::sinks::kafka {

namespace {

using clock = std::chrono::steady_clock;

constexpr int wait_for_events_ms = 1000;
constexpr auto first_replacement = duration{1s};
constexpr auto longest_replacement = duration{30s};
/// A producer that lived so long did not fail because its predecessor had.
constexpr auto sound_life = duration{60s};
constexpr auto last_reports = duration{5s};
constexpr std::size_t max_text = 300;

static_assert(sizeof(void*) >= sizeof(pending_reports::token));

header_list as_list(message_headers const& headers) {
    auto list = header_list{rd_kafka_headers_new(headers.size())};
    for (auto const& [name, value] : headers)
        rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
    return list;
}

/// The library copies it, and takes it without const.
void* as_memory(std::string const& text) { return std::bit_cast<void*>(text.data()); }

presence presence_of(rd_kafka_message_t const& item) {
    return rd_kafka_message_status(&item) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED ? presence::absent : presence::possible;
}

}  // namespace

result<std::shared_ptr<producer>> producer::create(kafka_sink_settings const& from, pending_reports::poster reports,
                                                   telemetry::metrics* metrics) {
    auto conf = make_configuration(from);
    if (!conf) return std::unexpected{std::move(conf.error())};
    auto first = make_client(conf->get());
    if (!first) return fail(std::move(first.error()), "sinks." + from.name.value());
    return std::shared_ptr<producer>{
        new producer{from, std::move(*conf), std::move(*first), std::move(reports), metrics}};
}

producer::producer(kafka_sink_settings const& from, configuration conf, client first, pending_reports::poster reports,
                   telemetry::metrics* metrics)
    : topic_{from.topic},
      sink_{from.name.value()},
      batch_size_{batch_size_of(from)},
      conf_{std::move(conf)},
      reports_{std::move(reports)},
      log_{from.name},
      client_{std::move(first)},
      metrics_{metrics} {}

producer::~producer() = default;

core::attempt_outcome producer::send(core::delivery const& item, message_headers const& headers,
                                     pending_reports::token to) {
    auto list = as_list(headers);
    auto const held = std::lock_guard{mutex_};
    if (!client_)
        return {.failed = core::delivery_cause::unavailable, .answer = "the producer failed and is being replaced"};
    auto parts = std::array<rd_kafka_vu_t, 6>{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic_.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_KEY;
    parts[1].u.mem = {as_memory(item.task.value()), item.task.value().size()};
    parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[2].u.mem = {as_memory(item.body), item.body.size()};
    parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[3].u.i = RD_KAFKA_MSG_F_COPY;
    parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[4].u.headers = list.get();
    parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[5].u.ptr = std::bit_cast<void*>(static_cast<std::uintptr_t>(to));
    auto const refused = error{rd_kafka_produceva(client_.get(), parts.data(), parts.size())};
    if (!refused) {
        static_cast<void>(list.release());
        sole_ = outstanding_++ == 0 ? std::optional{to} : std::nullopt;
        return {};
    }
    // The library itself says so before any batch is made.
    return judge({.code = rd_kafka_error_code(refused.get()), .in_batch = company::none}, std::nullopt);
}

void producer::retire() {
    auto const held = std::lock_guard{mutex_};
    if (metrics_ == nullptr) return;
    metrics_->set(telemetry::gauge::sink_queue_messages, {sink_}, 0);
    metrics_->set(telemetry::gauge::sink_broker_rtt_seconds, {sink_}, 0);
    metrics_ = nullptr;
}

void producer::stop() noexcept {
    auto const held = std::lock_guard{mutex_};
    stopping_ = true;
    metrics_ = nullptr;
    stopped_.notify_all();
    if (!client_) return;
    auto const events = queue{rd_kafka_queue_get_main(client_.get())};
    rd_kafka_queue_yield(events.get());
}

bool producer::stopping() {
    auto const held = std::lock_guard{mutex_};
    return stopping_;
}

void producer::pause(duration span) {
    auto held = std::unique_lock{mutex_};
    stopped_.wait_for(held, span, [this] { return stopping_; });
}

client producer::take_client() {
    auto const held = std::lock_guard{mutex_};
    return std::move(client_);
}

bool producer::offer(client next) {
    auto const held = std::lock_guard{mutex_};
    if (stopping_) return false;
    client_ = std::move(next);
    outstanding_ = 0;
    return true;
}

void producer::run() noexcept {
    auto wait = first_replacement;
    while (!stopping()) {
        auto const began = clock::now();
        serve(client_.get());
        dismiss(take_client());
        if (clock::now() - began > sound_life) wait = first_replacement;
        for (auto replaced = false; !replaced && !stopping();) {
            pause(wait);
            if (stopping()) break;
            wait = std::min(2 * wait, longest_replacement);
            auto next = make_client(conf_.get());
            if (!next) {
                log_.write(log_level::error, "replace", next.error().doing);
                continue;
            }
            replaced = offer(std::move(*next));
        }
    }
    dismiss(take_client());
}

/// Only this thread takes the client away, so the handle stays good.
void producer::serve(rd_kafka_t* handle) {
    auto const events = queue{rd_kafka_queue_get_main(handle)};
    while (!stopping()) {
        auto const next = event{rd_kafka_queue_poll(events.get(), wait_for_events_ms)};
        if (next && look_at(handle, next.get()) == verdict::replace) return;
    }
}

/// Every message that it still has gets its report first.
void producer::dismiss(client old) {
    if (!old) return;
    rd_kafka_purge(old.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    auto events = queue{rd_kafka_queue_get_main(old.get())};
    auto const until = clock::now() + last_reports;
    while (rd_kafka_outq_len(old.get()) > 0 && clock::now() < until) {
        auto const next = event{rd_kafka_queue_poll(events.get(), 100)};
        if (next && rd_kafka_event_type(next.get()) == RD_KAFKA_EVENT_DR) static_cast<void>(hear_reports(next.get()));
    }
}

producer::verdict producer::look_at(rd_kafka_t* handle, rd_kafka_event_t* item) {
    switch (rd_kafka_event_type(item)) {
        case RD_KAFKA_EVENT_DR: return hear_reports(item);
        case RD_KAFKA_EVENT_ERROR: return hear_trouble(handle, item);
        case RD_KAFKA_EVENT_LOG: hear_log(item); return verdict::go_on;
        case RD_KAFKA_EVENT_STATS: hear_statistics(item); return verdict::go_on;
        default: return verdict::go_on;
    }
}

/// One message fewer in the library. Whether no other was there for as long as it was.
bool producer::let_go(pending_reports::token message) {
    auto const held = std::lock_guard{mutex_};
    if (outstanding_ > 0) --outstanding_;
    return sole_ == message;
}

/// A message as large as a batch may be has one to itself.
company producer::company_of(std::size_t size) const noexcept {
    return size >= batch_size_ ? company::none : company::possible;
}

producer::verdict producer::hear_reports(rd_kafka_event_t* item) {
    auto then = verdict::go_on;
    while (auto const* const report = rd_kafka_event_message_next(item)) {
        auto const to = pending_reports::token{std::bit_cast<std::uintptr_t>(report->_private)};
        auto const in_batch = let_go(to) ? company::none : company_of(report->len);
        auto outcome = judge({.code = report->err, .in_batch = in_batch, .in_topic = presence_of(*report)}, trouble_);
        if (report->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            outcome.answer = fmt::format("partition {}, offset {}", report->partition, report->offset);
            trouble_.reset();
        }
        if (is_fatal(report->err)) then = verdict::replace;
        reports_.complete(to, std::move(outcome));
    }
    return then;
}

producer::verdict producer::hear_trouble(rd_kafka_t* handle, rd_kafka_event_t* item) {
    auto code = rd_kafka_event_error(item);
    auto text = printable(rd_kafka_event_error_string(item), max_text);
    auto const fatal = is_fatal(code) || rd_kafka_event_error_is_fatal(item) != 0;
    if (fatal) {
        auto why = std::array<char, max_text>{};
        auto const underlying = rd_kafka_fatal_error(handle, why.data(), why.size());
        if (underlying != RD_KAFKA_RESP_ERR_NO_ERROR) {
            code = underlying;
            text = printable(why.data(), max_text);
        }
        log_error("kafka_producer_replaced", {{"sink", sink_}, {"code", rd_kafka_err2name(code)}, {"text", text}});
    } else {
        count_trouble(code, text);
    }
    // That all are down is told after what is wrong with each: the first is worth more.
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !trouble_) trouble_ = make_trouble(code, std::move(text));
    return fatal ? verdict::replace : verdict::go_on;
}

/// The library has a log line for each connection that fails.
void producer::count_trouble(rd_kafka_resp_err_t code, std::string const& text) {
    if (!is_about_connection(code)) return log_.write(log_level::warning, rd_kafka_err2name(code), text);
    auto const held = std::lock_guard{mutex_};
    if (metrics_ != nullptr) metrics_->add(telemetry::counter::sink_connection_errors, {sink_});
}

void producer::hear_log(rd_kafka_event_t* item) {
    char const* about = "";
    char const* text = "";
    int level = 0;
    if (rd_kafka_event_log(item, &about, &text, &level) == 0) log_.write(level_of(level), about, text);
}

void producer::hear_statistics(rd_kafka_event_t* item) {
    auto const found = read_statistics(rd_kafka_event_stats(item));
    if (!found) return;
    auto const held = std::lock_guard{mutex_};
    if (metrics_ == nullptr) return;
    metrics_->set(telemetry::gauge::sink_queue_messages, {sink_}, static_cast<double>(found->queued));
    // Nothing was asked since the last time: what was known stays.
    if (found->slowest_rtt_seconds > 0)
        metrics_->set(telemetry::gauge::sink_broker_rtt_seconds, {sink_}, found->slowest_rtt_seconds);
}

}  // namespace voicehook::sinks::kafka
