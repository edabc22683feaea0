// The link, against servers that do what real ones do seldom.
#include "sinks/redis/link.hpp"

#include "sinks/redis/commands.hpp"
#include "tests/unit/client/client_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <vector>

namespace voicehook::testing {
namespace {

using asio::ip::tcp;
using core::delivery_cause;
using sinks::redis::link;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// A server for one test. After each piece that it reads, whole commands only, it sends what `says` gives for their
/// words; nothing more once that is nothing.
class fake_redis {
public:
    using answers = std::function<std::optional<std::string>(std::string const& word)>;

    fake_redis(asio::io_context& io, answers says) : state_{std::make_shared<state>(io, std::move(says))} {
        asio::co_spawn(io, accept(state_), asio::detached);
    }

    ~fake_redis() { state_->acceptor.close(); }
    fake_redis(fake_redis const&) = delete;
    fake_redis& operator=(fake_redis const&) = delete;

    [[nodiscard]] std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
    /// The last word of every command, in order.
    [[nodiscard]] std::vector<std::string> const& heard() const { return state_->heard; }
    [[nodiscard]] bool heard_word(std::string_view word) const {
        return std::ranges::find(state_->heard, word) != state_->heard.end();
    }
    [[nodiscard]] std::size_t connections() const { return state_->connections; }

private:
    /// Shared with the coroutines, which may end later.
    struct state {
        tcp::acceptor acceptor;
        answers says;
        std::vector<std::string> heard{};
        std::size_t connections{};

        state(asio::io_context& io, answers answer)
            : acceptor{io, {asio::ip::make_address("127.0.0.1"), 0}}, says{std::move(answer)} {}
    };

    static awaitable<void> accept(std::shared_ptr<state> self) {
        while (true) {
            auto [error, socket] = co_await self->acceptor.async_accept(as_result);
            if (error) co_return;
            ++self->connections;
            asio::co_spawn(self->acceptor.get_executor(), serve(self, std::move(socket)), asio::detached);
        }
    }

    static awaitable<void> serve(std::shared_ptr<state> self, tcp::socket socket) {
        auto room = std::array<char, 65536>{};
        while (true) {
            auto const [error, count] = co_await socket.async_read_some(asio::buffer(room), as_result);
            if (error) co_return;
            auto out = std::string{};
            for (auto const& word : last_words({room.data(), count})) {
                self->heard.push_back(word);
                auto const said = self->says(word);
                if (!said) co_return;
                out += *said;
            }
            co_await asio::async_write(socket, asio::buffer(out), as_result);
        }
    }

    /// Commands of these tests are short and come whole.
    static std::vector<std::string> last_words(std::string_view bytes) {
        auto out = std::vector<std::string>{};
        while (!bytes.empty()) {
            auto const end = bytes.find('*', 1);
            auto one = bytes.substr(0, end);
            one.remove_suffix(2);
            out.emplace_back(one.substr(one.rfind('\n') + 1));
            bytes.remove_prefix(std::min(end, bytes.size()));
        }
        return out;
    }

    std::shared_ptr<state> state_;
};

class RedisLink : public client_test {
protected:
    link make_link(fake_redis const& server, std::string password = "") {
        return link{io_.get_executor(),
                    resolver_,
                    {.host = "127.0.0.1",
                     .port = server.port(),
                     .password = secret{std::move(password)},
                     .line = {.reconnects = {1ms, 2ms}}}};
    }

    static sinks::redis::outgoing say(std::string_view word) {
        auto const words = std::array{std::string_view{"ECHO"}, word};
        return {sinks::redis::command(words)};
    }

    /// Begins to ask and notes the answer, or the cause, under the word.
    void start(link& to, std::string const& word, asio::cancellation_signal* stop = nullptr, duration limit = 5s) {
        auto told = [this, word](std::exception_ptr const& problem, link::answer answer) {
            EXPECT_FALSE(problem);
            outcomes_[word] = answer ? answer->text : std::string{to_text(*answer.error().failed)};
        };
        if (stop != nullptr)
            asio::co_spawn(io_, to.ask(say(word), deadline::in(limit)),
                           asio::bind_cancellation_slot(stop->slot(), told));
        else
            asio::co_spawn(io_, to.ask(say(word), deadline::in(limit)), told);
    }

    std::map<std::string, std::string> outcomes_;
};

std::optional<std::string> echo(std::string const& word) { return "+" + word + "\r\n"; }

TEST_F(RedisLink, ManyShareOneConnectionAndEachGetsItsOwnAnswer) {
    auto server = fake_redis{io_, echo};
    auto link = make_link(server);

    for (auto i = 0; i < 50; ++i) start(link, std::to_string(i));
    run_until([&] { return outcomes_.size() == 50; });

    for (auto const& [word, answer] : outcomes_) EXPECT_EQ(answer, word);
    EXPECT_EQ(server.connections(), 1u);
    EXPECT_EQ(server.heard().front(), "voicehook");
}

TEST_F(RedisLink, AConnectionIsKeptWhileItIsGood) {
    auto server = fake_redis{io_, echo};
    auto link = make_link(server);

    for (auto const* word : {"first", "second", "third"})
        EXPECT_EQ(run(link.ask(say(word), deadline::in(5s)))->text, word);

    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(RedisLink, WhoeverWaitsForALostConnectionLearnsOfItAndTheNextOneIsNew) {
    auto server = fake_redis{
        io_, [](std::string const& word) { return word == "two" ? std::nullopt : std::optional{"+" + word + "\r\n"}; }};
    auto link = make_link(server);

    for (auto const* word : {"one", "two", "three"}) start(link, word);
    run_until([&] { return outcomes_.size() == 3; });
    auto const later = run(link.ask(say("four"), deadline::in(5s)));

    EXPECT_EQ(outcomes_["two"], "reset");
    EXPECT_EQ(outcomes_["three"], "reset");
    EXPECT_EQ(later->text, "four");
    EXPECT_EQ(server.connections(), 2u);
}

TEST_F(RedisLink, SilenceEndsWithATimeoutForAllThatWereSent) {
    auto server = fake_redis{io_, [](std::string const& word) { return word == "voicehook" ? "+OK\r\n" : ""; }};
    auto link = make_link(server);

    start(link, "one", nullptr, 100ms);
    start(link, "two", nullptr, 100ms);
    run_until([&] { return outcomes_.size() == 2; });

    EXPECT_EQ(outcomes_["one"], "timeout");
    EXPECT_EQ(outcomes_["two"], "timeout");
}

TEST_F(RedisLink, WhoIsCancelledLeavesAtOnceAndTheOthersGoOn) {
    auto quiet = true;
    auto server = fake_redis{
        io_, [&](std::string const& word) { return quiet && word != "voicehook" ? "" : "+" + word + "\r\n"; }};
    auto link = make_link(server);
    auto stop = asio::cancellation_signal{};
    start(link, "leads", &stop);
    run_until([&] { return server.heard_word("leads"); });
    start(link, "waits");
    while (io_.poll_one() != 0) {}
    quiet = false;

    stop.emit(asio::cancellation_type::terminal);
    run_until([&] { return outcomes_.size() == 2; });

    EXPECT_EQ(outcomes_["leads"], "reset");
    EXPECT_EQ(outcomes_["waits"], "waits");
}

TEST_F(RedisLink, AFollowerThatIsCancelledHurtsNobody) {
    auto server = fake_redis{io_, [](std::string const& word) { return word == "voicehook" ? "+OK\r\n" : ""; }};
    auto link = make_link(server);
    auto stop = asio::cancellation_signal{};
    start(link, "leads", nullptr, 300ms);
    start(link, "follows", &stop, 300ms);
    run_until([&] { return server.heard_word("follows"); });

    stop.emit(asio::cancellation_type::terminal);
    run_until([&] { return outcomes_.size() == 1; });
    EXPECT_EQ(outcomes_["follows"], "reset");
    run_until([&] { return outcomes_.size() == 2; });

    EXPECT_EQ(outcomes_["leads"], "timeout");
}

TEST_F(RedisLink, ARefusedLoginIsNobodysAnswer) {
    auto server = fake_redis{io_, [](std::string const& word) {
                                 return word == "wrong" ? "-WRONGPASS invalid username-password pair\r\n" : "+OK\r\n";
                             }};
    auto link = make_link(server, "wrong");

    auto const answer = run(link.ask(say("one"), deadline::in(5s)));

    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().failed, delivery_cause::unauthorized);
    EXPECT_THAT(answer.error().answer, HasSubstr("check username and password"));
    EXPECT_THAT(server.heard(), ElementsAre("wrong", "voicehook"));
}

TEST_F(RedisLink, AUserWhoMayNotNameTheConnectionMayUseIt) {
    auto server = fake_redis{
        io_, [](std::string const& word) { return word == "voicehook" ? "-NOPERM no\r\n" : "+" + word + "\r\n"; }};
    auto link = make_link(server);

    EXPECT_EQ(run(link.ask(say("one"), deadline::in(5s)))->text, "one");
}

TEST_F(RedisLink, BytesThatAreNoAnswerEndTheConnection) {
    for (auto const* garbage : {"HTTP/1.1 400 Bad Request\r\n\r\n", "*1000000\r\n", "+one\r\n+one more\r\n"}) {
        auto server = fake_redis{
            io_, [&](std::string const& word) { return word == "one" ? std::string{garbage} : "+" + word + "\r\n"; }};
        auto link = make_link(server);

        static_cast<void>(run(link.ask(say("one"), deadline::in(5s))));
        auto const later = run(link.ask(say("two"), deadline::in(5s)));

        ASSERT_TRUE(later.has_value()) << garbage << later.error().answer;
        EXPECT_EQ(later->text, "two") << garbage;
        EXPECT_EQ(server.connections(), 2u) << garbage;
    }
}

TEST_F(RedisLink, WithoutAServerEverybodyWhoWaitsLearnsSoFromOneTry) {
    auto port = std::uint16_t{};
    {
        auto const gone = fake_redis{io_, echo};
        port = gone.port();
    }
    auto link = sinks::redis::link{io_.get_executor(), resolver_, {.host = "127.0.0.1", .port = port}};

    for (auto i = 0; i < 20; ++i) start(link, std::to_string(i));
    run_until([&] { return outcomes_.size() == 20; });

    for (auto const& [word, answer] : outcomes_) EXPECT_EQ(answer, "refused");
}

}  // namespace
}  // namespace voicehook::testing
