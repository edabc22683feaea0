// The link, against servers that do what real ones do seldom.
#include "sinks/redis/link.hpp"

#include "sinks/redis/commands.hpp"
#include "tests/unit/client/client_fixture.hpp"
#include "tests/unit/sinks/scripted_broker.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace voicehook::testing {
namespace {

using core::delivery_cause;
using sinks::redis::link;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Hears the last word of every command. Commands of these tests are short and come whole.
class fake_redis : public scripted_broker {
public:
    fake_redis(asio::io_context& io, answers says) : scripted_broker{io, {}, last_words, std::move(says)} {}

private:
    static std::vector<std::string> last_words(std::string& bytes) {
        auto out = std::vector<std::string>{};
        while (!bytes.empty()) {
            auto const end = std::min(bytes.find('*', 1), bytes.size());
            auto one = std::string_view{bytes}.substr(0, end - 2);
            out.emplace_back(one.substr(one.rfind('\n') + 1));
            bytes.erase(0, end);
        }
        return out;
    }
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
        start(to, word, deadline::in(limit), stop);
    }
    void start(link& to, std::string const& word, deadline until, asio::cancellation_signal* stop = nullptr) {
        auto told = [this, word](std::exception_ptr const& problem, link::answer answer) {
            EXPECT_FALSE(problem);
            outcomes_[word] = answer ? answer->text : std::string{to_text(*answer.error().failed)};
        };
        if (stop != nullptr)
            asio::co_spawn(io_, to.ask(say(word), until), asio::bind_cancellation_slot(stop->slot(), told));
        else
            asio::co_spawn(io_, to.ask(say(word), until), told);
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
    run_until([&] { return server.heard_of("leads"); });
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
    run_until([&] { return server.heard_of("follows"); });

    stop.emit(asio::cancellation_type::terminal);
    run_until([&] { return outcomes_.size() == 1; });
    EXPECT_EQ(outcomes_["follows"], "reset");
    run_until([&] { return outcomes_.size() == 2; });

    EXPECT_EQ(outcomes_["leads"], "timeout");
}

TEST_F(RedisLink, AServerThatBecameAReplicaIsLookedForAnew) {
    auto server =
        fake_redis{io_, [](std::string const& word) {
                       return word == "one" || word == "two" ? "-READONLY You can't write\r\n" : "+" + word + "\r\n";
                   }};
    auto link = make_link(server);

    start(link, "one");
    start(link, "two");
    run_until([&] { return outcomes_.size() == 2; });
    auto const later = run(link.ask(say("three"), deadline::in(5s)));

    EXPECT_EQ(outcomes_["one"], "READONLY You can't write") << "it was answered";
    EXPECT_EQ(outcomes_["two"], "READONLY You can't write") << "it was answered";
    EXPECT_EQ(later->text, "three");
    EXPECT_EQ(server.connections(), 2u);
}

TEST_F(RedisLink, ATryThatTheOldestHadNoTimeForSaysNothingToTheYounger) {
    auto logins = 0;
    auto server = fake_redis{
        io_, [&](std::string const& word) { return word == "voicehook" && ++logins == 1 ? "" : "+" + word + "\r\n"; }};
    auto link = make_link(server);

    start(link, "older", nullptr, 50ms);
    start(link, "younger");
    run_until([&] { return outcomes_.size() == 2; });

    EXPECT_EQ(outcomes_["older"], "timeout");
    EXPECT_EQ(outcomes_["younger"], "younger");
}

TEST_F(RedisLink, WhoCameToHaveLittleTimeLeftIsNotSentAndTakesNobodyAlong) {
    auto quiet = true;
    auto server = fake_redis{io_, [&](std::string const& word) {
                                 if (word == "late") quiet = true;
                                 return quiet && word != "voicehook" ? "" : "+" + word + "\r\n";
                             }};
    auto link = make_link(server);
    auto stop = asio::cancellation_signal{};
    start(link, "stuck", &stop);
    run_until([&] { return server.heard_of("stuck"); });
    auto const until = deadline::in(500ms);
    start(link, "late", until);
    start(link, "in time", deadline::in(5s));
    auto nearly_over = asio::steady_timer{io_, until.moment() - 25ms};

    nearly_over.async_wait([&](boost::system::error_code) {
        quiet = false;
        stop.emit(asio::cancellation_type::terminal);
    });
    run_until([&] { return outcomes_.size() == 3; });

    EXPECT_EQ(outcomes_["late"], "timeout");
    EXPECT_FALSE(server.heard_of("late")) << "whether it counted would not be known";
    EXPECT_EQ(outcomes_["in time"], "in time");
    EXPECT_EQ(server.connections(), 2u) << "the stuck one's, and one for the rest";
}

TEST_F(RedisLink, AConnectionThatIsLostDuringTheLoginCountsOnce) {
    auto metrics = telemetry::metrics{{.sinks = {"stream"}}, "test"};
    auto logins = 0;
    auto server =
        fake_redis{io_, [&](std::string const& word) {
                       return word == "voicehook" && ++logins == 1 ? std::nullopt : std::optional{"+" + word + "\r\n"};
                   }};
    auto link = sinks::redis::link{io_.get_executor(),
                                   resolver_,
                                   {.host = "127.0.0.1",
                                    .port = server.port(),
                                    .line = {.figures = sinks::line_figures{metrics, sink_name{"stream"}}}}};

    auto const lost = run(link.ask(say("one"), deadline::in(5s)));

    ASSERT_FALSE(lost.has_value());
    EXPECT_EQ(lost.error().failed, delivery_cause::reset);
    EXPECT_THAT(metrics.render(), HasSubstr("voicehook_sink_connection_errors_total{sink=\"stream\"} 1\n"));
}

TEST_F(RedisLink, ALinkThatIsRetiredFinishesButShowsNothingMore) {
    auto metrics = telemetry::metrics{{.sinks = {"stream"}}, "test"};
    link* retiring{};
    auto server = fake_redis{io_, [&](std::string const& word) {
                                 if (word == "last") retiring->retire();
                                 return std::optional{"+" + word + "\r\n"};
                             }};
    auto link = sinks::redis::link{io_.get_executor(),
                                   resolver_,
                                   {.host = "127.0.0.1",
                                    .port = server.port(),
                                    .line = {.figures = sinks::line_figures{metrics, sink_name{"stream"}}}}};
    retiring = &link;
    static_cast<void>(run(link.ask(say("first"), deadline::in(5s))));
    ASSERT_THAT(metrics.render(), Not(HasSubstr("voicehook_sink_broker_rtt_seconds{sink=\"stream\"} 0\n")));

    auto const last = run(link.ask(say("last"), deadline::in(5s)));

    EXPECT_EQ(last->text, "last");
    EXPECT_THAT(metrics.render(), HasSubstr("voicehook_sink_broker_rtt_seconds{sink=\"stream\"} 0\n"));
    EXPECT_THAT(metrics.render(), HasSubstr("voicehook_sink_queue_messages{sink=\"stream\"} 0\n"));
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
