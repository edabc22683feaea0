#include "sink_model.hpp"

#include "exchange.hpp"

#include <fmt/format.h>

namespace voicehook::simulation {
namespace {

using core::attempt_outcome;
using core::delivery_cause;

constexpr duration limit = 15s;

attempt_outcome failed(delivery_cause cause, std::string answer) {
    return {.failed = cause, .answer = std::move(answer), .retry_after = {}};
}

class sink_port final : public ports::sink {
public:
    sink_port(sink_name name, life& caller, world& around) : name_{std::move(name)}, life_{caller}, world_{around} {}

    sink_name const& name() const noexcept override { return name_; }
    std::size_t max_in_flight() const noexcept override { return 8; }
    duration longest_attempt() const noexcept override { return limit; }
    /// Callers' own URLs lead to three hosts.
    std::string destination_of(core::delivery const& item) const override {
        if (name_.value() != core::callback_url_sink) return {};
        return fmt::format("host-{}", static_cast<unsigned char>(item.id.value().back()) % 3);
    }
    awaitable<attempt_outcome> deliver(core::delivery const& item, trace_context const& trace) override;
    awaitable<result<void>> probe() override { co_return result<void>{}; }

private:
    [[nodiscard]] std::optional<attempt_outcome> refuse();
    void carry(std::shared_ptr<exchange<attempt_outcome>> about, core::delivery item);
    [[nodiscard]] duration travel() { return world_.luck.between(0ms, 100ms); }

    sink_name name_;
    life& life_;
    world& world_;
};

std::optional<attempt_outcome> sink_port::refuse() {
    if (world_.is_down(name_)) return failed(delivery_cause::unavailable, "down");
    if (world_.strikes(fault::sink_refuses)) return failed(delivery_cause::refused, "connection refused");
    if (world_.strikes(fault::sink_down)) return failed(delivery_cause::status_5xx, "HTTP 500");
    if (world_.strikes(fault::sink_asks_to_wait)) {
        auto busy = failed(delivery_cause::status_5xx, "HTTP 503");
        busy.retry_after = 30s;
        return busy;
    }
    if (world_.strikes(fault::sink_gone)) {
        auto gone = failed(delivery_cause::gone, "HTTP 410");
        gone.then = attempt_outcome::hint::pause_sink;
        return gone;
    }
    if (world_.strikes(fault::sink_rejects)) {
        auto rejected = failed(delivery_cause::format, "line break in verbatim");
        rejected.then = attempt_outcome::hint::park;
        return rejected;
    }
    return std::nullopt;
}

/// The sink gets it whatever becomes of who sent it.
void sink_port::carry(std::shared_ptr<exchange<attempt_outcome>> about, core::delivery item) {
    auto way = travel();
    if (world_.strikes(fault::sink_takes_late)) {
        way += world_.luck.between(15s, 60s);
        world_.book.copy_excused(item.id);
    }
    world_.time.after(way, [&around = world_, about = std::move(about), item = std::move(item), back = travel()] {
        around.book.copy_taken(item);
        auto const lost = around.strikes(fault::sink_answer_lost);
        if (lost) around.book.copy_excused(item.id);
        around.time.after(back, [about, lost] {
            if (lost)
                about->end();
            else
                about->answer({.failed = {}, .answer = "HTTP 200", .retry_after = {}});
        });
    });
}

awaitable<attempt_outcome> sink_port::deliver(core::delivery const& item, trace_context const& /*trace*/) {
    co_await life_.pass(world_.luck.between(0ms, 5ms));
    auto refused = refuse();
    if (refused) {
        co_await life_.pass(travel());
        co_return std::move(*refused);
    }
    auto const about = std::make_shared<exchange<attempt_outcome>>(life_);
    if (!world_.strikes(fault::sink_hangs)) carry(about, item);
    auto const until = world_.time.now() + limit;
    auto heard = co_await hear(life_, about, until);
    co_await life_.pass(0ms);
    if (heard) co_return std::move(*heard);
    // Cut off, or given up: whether the sink has it is not known.
    world_.book.copy_excused(item.id);
    auto const in_time = world_.time.now() < until;
    co_return failed(in_time ? delivery_cause::reset : delivery_cause::timeout, in_time ? "reset" : "timeout");
}

}  // namespace

std::shared_ptr<ports::sink> connect_sink(sink_name name, life& caller, world& around) {
    return std::make_shared<sink_port>(std::move(name), caller, around);
}

}  // namespace voicehook::simulation
