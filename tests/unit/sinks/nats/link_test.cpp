// The link, against servers that do what real ones do seldom.
#include "sinks/nats/link.hpp"

#include "tests/unit/client/client_fixture.hpp"
#include "tests/unit/sinks/scripted_broker.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <vector>

namespace voicehook::testing {
namespace {

using core::delivery_cause;
using sinks::nats::link;
using ::testing::HasSubstr;
constexpr auto good_info = "INFO {\"headers\":true,\"max_payload\":1000}\r\n";

/// Hears lines. Those of these tests hold their messages: bodies are words without line breaks.
class fake_nats : public scripted_broker {
public:
    fake_nats(asio::io_context& io, std::string info, answers says)
        : scripted_broker{io, std::move(info), lines, std::move(says)} {}

private:
    static std::vector<std::string> lines(std::string& bytes) {
        auto out = std::vector<std::string>{};
        for (auto end = bytes.find("\r\n"); end != std::string::npos; end = bytes.find("\r\n")) {
            out.push_back(bytes.substr(0, end));
            bytes.erase(0, end + 2);
        }
        return out;
    }
};

std::string answer_to(std::string_view line, std::string_view payload) {
    auto const begin = line.find("_INBOX");
    auto const reply = line.substr(begin, line.find(' ', begin) - begin);
    return fmt::format("MSG {} 1 {}\r\n{}\r\n", reply, payload.size(), payload);
}

/// Answers every question with its subject.
std::optional<std::string> polite(std::string_view line) {
    if (line == "PING") return "PONG\r\n";
    if (!line.starts_with("PUB ")) return "";
    return answer_to(line, line.substr(4, line.find(' ', 4) - 4));
}

class NatsLink : public client_test {
protected:
    link make_link(std::vector<std::uint16_t> const& ports) {
        auto settings = sinks::nats::link_settings{.username = "u", .password = secret{"p"}, .version = "1"};
        settings.line.reconnects = {1ms, 2ms};
        for (auto const port : ports) settings.servers.push_back({"127.0.0.1", port});
        return link{io_.get_executor(), resolver_, std::move(settings)};
    }

    link::answer ask(link& to, std::string subject, duration limit = 5s) {
        return run(to.ask(sinks::nats::ask(std::move(subject), to.next_reply(), "body"), deadline::in(limit)));
    }

    void start(link& to, std::string const& subject, asio::cancellation_signal* stop = nullptr, duration limit = 5s) {
        auto told = [this, subject](std::exception_ptr const& problem, link::answer answer) {
            EXPECT_FALSE(problem);
            outcomes_[subject] = answer ? answer->payload : std::string{to_text(*answer.error().failed)};
        };
        auto question = to.ask(sinks::nats::ask(subject, to.next_reply(), "body"), deadline::in(limit));
        if (stop != nullptr)
            asio::co_spawn(io_, std::move(question), asio::bind_cancellation_slot(stop->slot(), told));
        else
            asio::co_spawn(io_, std::move(question), told);
    }

    std::map<std::string, std::string> outcomes_;
};

TEST_F(NatsLink, ManyShareOneConnectionAndEachGetsItsOwnAnswer) {
    auto server = fake_nats{io_, good_info, polite};
    auto link = make_link({server.port()});

    for (auto i = 0; i < 50; ++i) start(link, std::to_string(i));
    run_until([&] { return outcomes_.size() == 50; });

    for (auto const& [subject, answer] : outcomes_) EXPECT_EQ(answer, subject);
    EXPECT_EQ(server.connections(), 1u);
    EXPECT_TRUE(server.heard_of("\"user\":\"u\",\"pass\":\"p\""));
}

TEST_F(NatsLink, AnswersMayComeInAnyOrder) {
    auto first = std::string{};
    auto server = fake_nats{io_, good_info, [&](std::string_view line) -> std::optional<std::string> {
                                auto said = polite(line);
                                if (line.starts_with("PUB one ")) return std::exchange(first, *said), "";
                                if (line.starts_with("PUB two ")) return *said + first;
                                return said;
                            }};
    auto link = make_link({server.port()});

    start(link, "one");
    start(link, "two");
    run_until([&] { return outcomes_.size() == 2; });

    EXPECT_EQ(outcomes_["one"], "one");
    EXPECT_EQ(outcomes_["two"], "two");
}

TEST_F(NatsLink, APingIsAnsweredWhileWeWaitAndWhileWeDoNot) {
    auto server = fake_nats{io_, good_info, [](std::string_view line) -> std::optional<std::string> {
                                if (line.starts_with("PUB ")) return "PING\r\n" + *polite(line) + "PING\r\n";
                                return polite(line);
                            }};
    auto link = make_link({server.port()});

    EXPECT_EQ(ask(link, "one")->payload, "one");
    EXPECT_EQ(ask(link, "two")->payload, "two");

    EXPECT_EQ(server.connections(), 1u);
    EXPECT_TRUE(server.heard_of("PONG"));
}

TEST_F(NatsLink, WhatIsTooLargeIsNotSent) {
    auto server = fake_nats{io_, good_info, polite};
    auto link = make_link({server.port()});
    auto const large = sinks::nats::ask("large", link.next_reply(), std::string(1001, 'x'));

    auto const answer = run(link.ask(large, deadline::in(5s)));

    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().failed, delivery_cause::too_large);
    EXPECT_EQ(answer.error().then, core::attempt_outcome::hint::park);
    EXPECT_FALSE(server.heard_of("large"));
    EXPECT_EQ(ask(link, "small")->payload, "small");
}

TEST_F(NatsLink, ARefusedSubjectEndsOnlyWhoUsesIt) {
    auto server = fake_nats{io_, good_info, [](std::string_view line) -> std::optional<std::string> {
                                if (line.starts_with("PUB secret "))
                                    return "-ERR 'Permissions Violation for Publish to \"secret\"'\r\n";
                                return polite(line);
                            }};
    auto link = make_link({server.port()});

    start(link, "secret");
    start(link, "open");
    run_until([&] { return outcomes_.size() == 2; });

    EXPECT_EQ(outcomes_["secret"], "unauthorized");
    EXPECT_EQ(outcomes_["open"], "open");
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(NatsLink, ARefusedLoginIsNobodysAnswer) {
    auto server = fake_nats{io_, good_info, [](std::string_view line) -> std::optional<std::string> {
                                return line.starts_with("CONNECT") ? "-ERR 'Authorization Violation'\r\n" : "";
                            }};
    auto link = make_link({server.port()});

    auto const answer = ask(link, "one");

    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().failed, delivery_cause::unauthorized);
    EXPECT_FALSE(server.heard_of("PUB"));
}

TEST_F(NatsLink, AnotherServerIsTriedWhenOneIsGoneOrLeaves) {
    auto gone = std::uint16_t{};
    {
        auto const server = fake_nats{io_, good_info, polite};
        gone = server.port();
    }
    auto leaving = fake_nats{io_, good_info, [](std::string_view line) -> std::optional<std::string> {
                                 if (line.starts_with("PUB ")) return "INFO {\"ldm\":true}\r\n" + *polite(line);
                                 return polite(line);
                             }};
    auto link = make_link({gone, leaving.port()});

    EXPECT_EQ(ask(link, "one")->payload, "one");
    EXPECT_EQ(leaving.connections(), 1u);
    EXPECT_EQ(ask(link, "two")->payload, "two");
    EXPECT_EQ(leaving.connections(), 2u);
}

TEST_F(NatsLink, AServerThatSaidWhileNobodyAskedThatItLeavesIsLeft) {
    auto server = fake_nats{io_, good_info, [](std::string_view line) -> std::optional<std::string> {
                                if (line.starts_with("PUB one ")) return *polite(line) + "INFO {\"ldm\":true}\r\n";
                                return polite(line);
                            }};
    auto link = make_link({server.port()});

    EXPECT_EQ(ask(link, "one")->payload, "one");
    EXPECT_EQ(ask(link, "two")->payload, "two");

    EXPECT_EQ(server.connections(), 2u);
}

TEST_F(NatsLink, SilenceEndsWithATimeoutAndALostConnectionWithAReset) {
    auto server = fake_nats{io_, good_info, [](std::string_view line) -> std::optional<std::string> {
                                if (line.starts_with("PUB silent ")) return "";
                                if (line.starts_with("PUB lost ")) return std::nullopt;
                                return polite(line);
                            }};
    auto link = make_link({server.port()});

    auto const silent = ask(link, "silent", 100ms);
    auto const lost = ask(link, "lost");
    auto const later = ask(link, "later");

    EXPECT_EQ(silent.error().failed, delivery_cause::timeout);
    EXPECT_EQ(lost.error().failed, delivery_cause::reset);
    EXPECT_EQ(later->payload, "later");
}

TEST_F(NatsLink, WhoIsCancelledLeavesAtOnceAndTheOthersGoOn) {
    auto server = fake_nats{io_, good_info, [](std::string_view line) -> std::optional<std::string> {
                                return line.starts_with("PUB leads ") ? "" : polite(line);
                            }};
    auto link = make_link({server.port()});
    auto stop = asio::cancellation_signal{};
    start(link, "leads", &stop);
    run_until([&] { return server.heard_of("PUB leads"); });
    start(link, "waits");
    while (io_.poll_one() != 0) {}

    stop.emit(asio::cancellation_type::terminal);
    run_until([&] { return outcomes_.size() == 2; });

    EXPECT_EQ(outcomes_["leads"], "reset");
    EXPECT_EQ(outcomes_["waits"], "waits");
}

TEST_F(NatsLink, WhatIsNoServerForUsIsToldSo) {
    struct row {
        std::string info;
        delivery_cause cause;
        std::string says;
    };
    auto const rows = std::vector<row>{
        {"HTTP/1.1 400 Bad Request\r\n\r\n", delivery_cause::protocol, "HTTP/1.1"},
        {"PING\r\nPONG\r\n", delivery_cause::protocol, "no NATS server"},
        {"INFO no\r\n", delivery_cause::protocol, "no NATS server"},
        {"INFO {}\r\n", delivery_cause::unavailable, "too old"},
        {"INFO {\"headers\":true,\"tls_required\":true}\r\n", delivery_cause::tls, "tls://"},
        {"-ERR 'maximum connections exceeded'\r\n", delivery_cause::unavailable, "maximum connections"},
    };
    for (auto const& [info, cause, says] : rows) {
        auto server = fake_nats{io_, info, polite};
        auto link = make_link({server.port()});

        auto const answer = ask(link, "one");

        ASSERT_FALSE(answer.has_value()) << info;
        EXPECT_EQ(answer.error().failed, cause) << info;
        EXPECT_THAT(answer.error().answer, HasSubstr(says));
        EXPECT_FALSE(server.heard_of("CONNECT")) << "a password for nobody knows whom";
    }
}

}  // namespace
}  // namespace voicehook::testing
