#include "sinks/create.hpp"
#include "tests/unit/client/client_fixture.hpp"
#include "tests/unit/sinks/fifo.hpp"
#include "tests/unit/sinks/temporary_folder.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <fmt/format.h>

#include <memory>

namespace voicehook::testing {
namespace {

constexpr auto noon = instant{1'775'123'456'789ms};

core::delivery delivery_of(std::string body) {
    auto item = core::delivery{};
    item.id = delivery_id{"msg_1"};
    item.body = std::move(body);
    return item;
}

class FileSink : public client_test {
protected:
    std::unique_ptr<ports::sink> open(std::string const& path, duration timeout = 10s) {
        auto made = sinks::create_file_sink(clock_, {.name = sink_name{"archive"}, .path = path, .timeout = timeout});
        EXPECT_TRUE(made.has_value()) << made.error().doing;
        return made ? std::move(*made) : nullptr;
    }

    /// Starts a delivery and notes its outcome by its number.
    void start(ports::sink& sink, core::delivery const& item, std::size_t number,
               asio::cancellation_signal* stop = nullptr) {
        auto const done = [this, number](std::exception_ptr problem, core::attempt_outcome outcome) {
            EXPECT_FALSE(problem);
            outcomes_[number] = std::move(outcome);
        };
        if (stop != nullptr)
            asio::co_spawn(io_, sink.deliver(item, {}), asio::bind_cancellation_slot(stop->slot(), done));
        else
            asio::co_spawn(io_, sink.deliver(item, {}), done);
    }

    temporary_folder folder_;
    fixed_clock clock_{noon};
    std::map<std::size_t, core::attempt_outcome> outcomes_;
};

TEST_F(FileSink, WritesOneLinePerDelivery) {
    auto const sink = open(folder_ / "out.jsonl");
    auto const item = delivery_of("{\"a\":1}");

    auto const outcome = run(sink->deliver(item, {}));

    EXPECT_EQ(outcome.failed, std::nullopt) << outcome.answer;
    EXPECT_EQ(read_file(folder_ / "out.jsonl"), "{\"a\":1}\n");
    EXPECT_EQ(sink->name().value(), "archive");
}

TEST_F(FileSink, TurnsLineBreaksInsideABodyIntoSpaces) {
    auto const sink = open(folder_ / "out.jsonl");
    auto const item = delivery_of("{\r\n \"a\":\n1}\n");

    static_cast<void>(run(sink->deliver(item, {})));

    EXPECT_EQ(read_file(folder_ / "out.jsonl"), "{   \"a\": 1} \n");
}

TEST_F(FileSink, KeepsTheOrderOfManyDeliveriesAtOnce) {
    auto const sink = open(folder_ / "out.jsonl");
    auto items = std::vector<core::delivery>{};
    auto expected = std::string{};
    for (auto number = 0; number < 500; ++number) {
        items.push_back(delivery_of(fmt::format("{{\"n\":{}}}", number)));
        expected += items.back().body + "\n";
    }

    for (std::size_t number = 0; number < items.size(); ++number) start(*sink, items[number], number);
    run_until([&] { return outcomes_.size() == items.size(); });

    for (auto const& [number, outcome] : outcomes_) EXPECT_EQ(outcome.failed, std::nullopt) << number;
    EXPECT_EQ(read_file(folder_ / "out.jsonl"), expected);
}

TEST_F(FileSink, ReportsAWriteThatFailsAndGoesOnAfterwards) {
    std::filesystem::create_directory(folder_ / "sub");
    auto const sink = open(folder_ / "sub/out.jsonl");
    auto const item = delivery_of("{}");
    std::filesystem::remove_all(folder_ / "sub");

    auto const failed = run(sink->deliver(item, {}));
    std::filesystem::create_directory(folder_ / "sub");
    auto const written = run(sink->deliver(item, {}));

    EXPECT_EQ(failed.failed, core::delivery_cause::io);
    EXPECT_NE(failed.answer, "");
    EXPECT_EQ(written.failed, std::nullopt);
    EXPECT_EQ(read_file(folder_ / "sub/out.jsonl"), "{}\n");
}

TEST_F(FileSink, CancellingADeliveryThatWaitsStallsNobody) {
    auto const pipe = fifo{folder_ / "pipe"};
    auto const sink = open(folder_ / "pipe");
    auto const too_much = std::string(pipe.capacity(), 'x');
    auto const items = std::vector{delivery_of(too_much), delivery_of("second"), delivery_of("third")};
    auto stop = asio::cancellation_signal{};
    start(*sink, items[0], 0);
    start(*sink, items[1], 1, &stop);
    start(*sink, items[2], 2);
    while (io_.poll_one() != 0) {}

    stop.emit(asio::cancellation_type::terminal);
    run_until([&] { return outcomes_.contains(1); });
    auto const written = pipe.read(too_much.size() + 1);
    run_until([&] { return outcomes_.size() == 3; });

    EXPECT_EQ(outcomes_.at(0).failed, std::nullopt);
    EXPECT_EQ(outcomes_.at(1).failed, core::delivery_cause::io);
    EXPECT_EQ(outcomes_.at(2).failed, std::nullopt);
    EXPECT_EQ(written, too_much + "\n");
    EXPECT_EQ(pipe.read(6), "third\n");
}

TEST_F(FileSink, GivesUpAfterItsTimeoutWhenNobodyReadsAPipe) {
    auto const pipe = fifo{folder_ / "pipe"};
    auto const sink = open(folder_ / "pipe", 50ms);
    auto const items = std::vector{delivery_of(std::string(pipe.capacity(), 'x')), delivery_of("waits behind it")};

    for (std::size_t number = 0; number < items.size(); ++number) start(*sink, items[number], number);
    run_until([&] { return outcomes_.size() == items.size(); });

    EXPECT_EQ(sink->longest_attempt(), 50ms);
    for (auto const& [number, outcome] : outcomes_) EXPECT_EQ(outcome.failed, core::delivery_cause::io) << number;
}

TEST_F(FileSink, DelaysNoOtherSinkWhileItIsStuck) {
    auto pipes = std::vector<std::unique_ptr<fifo>>{};
    auto sinks = std::vector<std::unique_ptr<ports::sink>>{};
    for (auto const* name : {"a", "b", "c", "d", "e"}) {
        pipes.push_back(std::make_unique<fifo>(folder_ / name));
        sinks.push_back(open(folder_ / name, 500ms));
    }
    sinks.push_back(open(folder_ / "out"));
    auto const too_much = delivery_of(std::string(pipes.front()->capacity(), 'x'));
    auto const little = delivery_of("little");

    for (std::size_t number = 0; number < pipes.size(); ++number) start(*sinks[number], too_much, number);
    start(*sinks.back(), little, pipes.size());
    run_until([&] { return !outcomes_.empty(); });

    ASSERT_TRUE(outcomes_.contains(pipes.size()));
    EXPECT_EQ(outcomes_.at(pipes.size()).failed, std::nullopt);
    run_until([&] { return outcomes_.size() == sinks.size(); });
}

TEST_F(FileSink, ProbesWithoutMakingTheFile) {
    auto const sink = open(folder_ / "out");

    auto const fine = run(sink->probe());
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
    std::filesystem::remove_all(folder_.path());
    auto const gone = run(sink->probe());

    EXPECT_TRUE(fine.has_value());
    EXPECT_FALSE(gone.has_value());
}

TEST_F(FileSink, IsNotMadeWhenItsFolderCannotBeWritten) {
    auto const made = sinks::create_file_sink(clock_, {.name = sink_name{"archive"}, .path = folder_ / "absent/out"});

    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, errc::unreadable);
}

}  // namespace
}  // namespace voicehook::testing
