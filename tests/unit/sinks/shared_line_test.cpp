// What all shared lines have in common, whatever is spoken over them.
#include "sinks/shared_line.hpp"

#include "tests/unit/client/client_fixture.hpp"

#include <new>

namespace voicehook::testing {
namespace {

struct word {
    std::string bytes;
};

/// Answers each word with itself, but for the one time that it runs out of memory.
class echoing_line final : public sinks::shared_line<word, std::string> {
public:
    enum class stage : unsigned char { looking, opening, exchanging, none };

    echoing_line(asio::any_io_executor executor, stage fails_at)
        : shared_line{std::move(executor), {}}, fails_at_{fails_at} {}

    [[nodiscard]] int opened() const { return opened_; }

private:
    awaitable<bool> is_ready(deadline) override {
        fail_once(stage::looking);
        co_return connected_;
    }
    awaitable<problem> open(deadline) override {
        connected_ = true;
        ++opened_;
        fail_once(stage::opening);
        co_return std::nullopt;
    }
    awaitable<problem> exchange(batch const& errands, deadline) override {
        fail_once(stage::exchanging);
        for (auto const& item : errands) item->settle(item->request.bytes);
        co_return std::nullopt;
    }
    void hang_up() noexcept override { connected_ = false; }

    void fail_once(stage where) {
        if (!connected_ || fails_at_ != where) return;
        fails_at_ = stage::none;
        throw std::bad_alloc{};
    }

    stage fails_at_;
    int opened_{};
    bool connected_{};
};

class SharedLine : public client_test {};

TEST_F(SharedLine, AConnectionThatAnExceptionCameFromIsNotUsedAgain) {
    using enum echoing_line::stage;
    for (auto const fails_at : {looking, opening, exchanging}) {
        auto line = echoing_line{io_.get_executor(), fails_at};
        if (fails_at == looking) static_cast<void>(run(line.ask({"before"}, deadline::in(5s))));

        EXPECT_THROW(static_cast<void>(run(line.ask({"lost"}, deadline::in(5s)))), std::bad_alloc);
        auto const later = run(line.ask({"later"}, deadline::in(5s)));

        EXPECT_EQ(later, "later");
        EXPECT_EQ(line.opened(), 2) << static_cast<int>(fails_at);
    }
}

}  // namespace
}  // namespace voicehook::testing
