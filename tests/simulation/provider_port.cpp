#include "provider_port.hpp"

#include "exchange.hpp"
#include "wire/provider_messages.hpp"

namespace voicehook::simulation {
namespace {

constexpr duration submit_limit = 30s;
constexpr duration query_limit = 15s;

class provider_port final : public ports::provider {
public:
    provider_port(provider_model& far, life& caller, world& around) : far_{far}, life_{caller}, world_{around} {}

    using submit_answer = std::expected<ports::provider_reply, core::provider_silence>;

    awaitable<submit_answer> submit(core::task const& item, trace_context const& /*trace*/) override {
        auto reply = co_await exchange_submission(item);
        world_.book.submission_answered(item.id, life_.now());
        co_return reply;
    }
    awaitable<result<ports::provider_reply>> query(provider_task_id const& id, trace_context const& trace) override;
    awaitable<result<ports::provider_credits>> credits() override { co_return ports::provider_credits{}; }

private:
    awaitable<submit_answer> exchange_submission(core::task const& item);
    void carry_submission(std::shared_ptr<exchange<served>> about, task_id key, std::string body);

    [[nodiscard]] duration travel() { return world_.luck.between(1ms, 200ms); }
    ports::provider_reply reply_of(served answer) const {
        auto read = wire::read_answer(answer.status, answer.body, answer.retry_after, life_.now());
        return {.answer = std::move(read), .body = std::move(answer.body), .request_id = "sim"};
    }

    provider_model& far_;
    life& life_;
    world& world_;
};

/// The far side gets it whatever becomes of who sent it.
void provider_port::carry_submission(std::shared_ptr<exchange<served>> about, task_id key, std::string body) {
    auto const late = world_.strikes(fault::submit_request_late) ? world_.luck.between(5s, 90s) : 0ms;
    world_.time.after(travel() + late, [&around = world_, &far = far_, back = travel(), about = std::move(about),
                                        key = std::move(key), body = std::move(body)] {
        auto answer = far.submit(key, body);
        around.lines.about(key, around.time.now(), "provider got the submission, answers {}", answer.status);
        if (around.strikes(fault::submit_hang)) return;
        auto const lost = around.strikes(fault::submit_reset);
        around.time.after(back, [about, lost, answer = std::move(answer)]() mutable {
            if (lost)
                about->end();
            else
                about->answer(std::move(answer));
        });
    });
}

awaitable<provider_port::submit_answer> provider_port::exchange_submission(core::task const& item) {
    using heard = core::provider_silence::request;
    co_await life_.pass(world_.luck.between(0ms, 5ms));
    if (world_.strikes(fault::provider_down)) co_return unexpected{core::provider_silence{errc::dns, heard::not_sent}};
    if (world_.strikes(fault::submit_not_sent))
        co_return unexpected{core::provider_silence{errc::refused, heard::not_sent}};
    auto const about = std::make_shared<exchange<served>>(life_);
    if (!world_.strikes(fault::submit_request_lost)) carry_submission(about, item.id, item.submit_body);
    auto answer = co_await hear(life_, about, world_.time.now() + submit_limit);
    co_await life_.pass(0ms);
    if (!answer) co_return unexpected{core::provider_silence{errc::timeout, heard::perhaps_sent}};
    co_return reply_of(std::move(*answer));
}

awaitable<result<ports::provider_reply>> provider_port::query(provider_task_id const& id,
                                                              trace_context const& /*trace*/) {
    co_await life_.pass(world_.luck.between(0ms, 5ms));
    if (world_.strikes(fault::provider_down)) co_return fail(errc::dns, "simulated: no such host");
    auto const about = std::make_shared<exchange<served>>(life_);
    if (!world_.strikes(fault::query_stalls))
        world_.time.after(travel(), [&around = world_, &far = far_, about, id, back = travel()] {
            around.time.after(back, [about, answer = far.query(id)]() mutable { about->answer(std::move(answer)); });
        });
    auto answer = co_await hear(life_, about, world_.time.now() + query_limit);
    co_await life_.pass(0ms);
    if (!answer) co_return fail(errc::timeout, "simulated: no answer");
    co_return reply_of(std::move(*answer));
}

}  // namespace

std::unique_ptr<ports::provider> connect_provider(provider_model& far, life& caller, world& around) {
    return std::make_unique<provider_port>(far, caller, around);
}

}  // namespace voicehook::simulation
