#include "tests/unit/client/client_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>

namespace voicehook::testing {
namespace {

using client::address_guard;
using client::body_use;

class Exchange : public client_test {
protected:
    /// The verdict on a request to a server that behaves like `script`.
    std::string verdict_of(server_script script, client::outbound_request request) {
        auto server = loopback_server{io_, std::move(script)};
        request.url.host = "127.0.0.1";
        request.url.port = std::to_string(server.port());
        return verdict(send(std::move(request)));
    }
};

TEST_F(Exchange, BringsStatusHeadersAndBodyOfAnAnswer) {
    auto server = loopback_server{io_, answer_always(http_answer("201 Created", "hello", "X-Thing: one\r\n"))};

    auto const answer = send(post(server.url("http") + "/path?q=1", "the body"));

    ASSERT_EQ(verdict(answer), "HTTP 201");
    EXPECT_EQ(answer->body, "hello");
    EXPECT_EQ(answer->header("x-thing"), "one");
    EXPECT_EQ(answer->header("absent"), std::nullopt);
    ASSERT_EQ(server.requests().size(), 1u);
    EXPECT_TRUE(server.requests()[0].starts_with("POST /path?q=1 HTTP/1.1\r\n")) << server.requests()[0];
    EXPECT_TRUE(server.requests()[0].ends_with("\r\n\r\nthe body")) << server.requests()[0];
}

TEST_F(Exchange, ReadsEveryWayABodyCanBeFramed) {
    struct row {
        std::string answer;
        std::string body;
    };
    auto const rows = std::vector<row>{
        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour", "four"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"},
        {"HTTP/1.0 200 OK\r\n\r\nold", "old"},
        {"HTTP/1.1 204 No Content\r\n\r\n", ""},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
         "1\r\n\r\nx",
         "x"},
    };
    for (auto const& row : rows) {
        auto server = loopback_server{io_, answer_and_close(row.answer)};

        auto const answer = send(get(server.url("http") + "/"));

        ASSERT_TRUE(answer.has_value()) << row.answer << verdict(answer);
        EXPECT_EQ(answer->body, row.body) << row.answer;
    }
}

TEST_F(Exchange, TellsApartWhyThereIsNoAnswer) {
    struct row {
        std::string answer;
        std::string expected;
    };
    auto const long_header = "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n";
    auto const rows = std::vector<row>{
        {"", "reset, perhaps_sent"},
        {"HTTP/1.1 20", "reset, perhaps_sent"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "reset, perhaps_sent"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "reset, perhaps_sent"},
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "protocol, perhaps_sent"},
        {"HTTP/2.0 200 OK\r\n\r\n", "protocol, perhaps_sent"},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "protocol, perhaps_sent"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "protocol, perhaps_sent"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "protocol, perhaps_sent"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", "protocol, perhaps_sent"},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "protocol, perhaps_sent"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "protocol, perhaps_sent"},
        {long_header, "too_large, perhaps_sent"},
    };
    for (auto const& row : rows)
        EXPECT_EQ(verdict_of(answer_and_close(row.answer), post("http://any.test/")), row.expected)
            << row.answer.substr(0, 100);
}

TEST_F(Exchange, StopsReadingABodyOverItsLimitHoweverItIsFramed) {
    auto const body = std::string(5'000, 'x');
    auto const rows = std::vector<std::string>{
        http_answer("200 OK", body),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + body + "\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n" + body,
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    };
    for (auto const& row : rows) {
        auto request = get("http://any.test/");
        request.max_response_body = 4'999;

        EXPECT_EQ(verdict_of(answer_and_close(row), request), "too_large, perhaps_sent") << row.substr(0, 60);
    }
}

TEST_F(Exchange, TakesABodyOfExactlyItsLimit) {
    auto request = get("http://any.test/");
    request.max_response_body = 5'000;

    EXPECT_EQ(verdict_of(answer_and_close(http_answer("200 OK", std::string(5'000, 'x'))), request), "HTTP 200");
}

awaitable<void> send_for_ever(server_peer& peer, std::string begin, std::string more, std::size_t times) {
    static_cast<void>(co_await peer.read_request());
    co_await peer.send(std::move(begin));
    for (std::size_t count = 0; count < times && peer.is_open(); ++count) co_await peer.send(more);
    co_await peer.wait_for_close();
}

server_script endless(std::string begin, std::string more) {
    return [=](server_peer& peer, std::size_t) { return send_for_ever(peer, begin, more, 100'000); };
}

TEST_F(Exchange, EndsAnEndlessAnswer) {
    auto request = get("http://any.test/");
    request.max_response_body = 20'000;
    auto const block = std::string(8'000, 'x');
    auto const chunked = std::string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"};

    EXPECT_EQ(verdict_of(endless("HTTP/1.1 200 OK\r\n\r\n", block), request), "too_large, perhaps_sent");
    EXPECT_EQ(verdict_of(endless(chunked + "1;", block), request), "too_large, perhaps_sent");
    EXPECT_EQ(verdict_of(endless("HTTP/1.1 200 OK\r\n", "A: b\r\n"), request), "too_large, perhaps_sent");
    EXPECT_EQ(verdict_of(endless("", "HTTP/1.1 102 Wait\r\n\r\n"), request), "protocol, perhaps_sent");
}

TEST_F(Exchange, EndsASlowAnswerAtTheDeadline) {
    auto const rows = std::vector<std::string>{"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow"};
    for (auto const& row : rows) {
        auto request = post("http://any.test/");
        request.timeouts.total = 60ms;

        EXPECT_EQ(verdict_of(answer_and_stall(row), request), "timeout, perhaps_sent") << row;
    }
}

TEST_F(Exchange, CallsAResetAfterTheRequestPerhapsSent) {
    EXPECT_EQ(verdict_of(answer_and_reset(""), post("http://any.test/")), "reset, perhaps_sent");
}

TEST_F(Exchange, FollowsNoRedirect) {
    auto elsewhere = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const location = "Location: " + elsewhere.url("http") + "/\r\n";
    auto server = loopback_server{io_, answer_always(http_answer("302 Found", "", location))};

    auto const answer = send(get(server.url("http") + "/"));

    EXPECT_EQ(verdict(answer), "HTTP 302");
    EXPECT_EQ(elsewhere.accepted(), 0u);
}

TEST_F(Exchange, SendsNothingWhenAHeaderWouldBreakOut) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto request = post(server.url("http") + "/");
    request.headers = {{"X-Note", "a\r\nEvil: 1"}};

    auto const answer = send(request);

    EXPECT_EQ(verdict(answer), "invalid, not_sent");
    EXPECT_EQ(server.accepted(), 0u);
}

TEST_F(Exchange, KnowsThatNothingWasSentBeforeAConnectionStood) {
    auto closed_port = std::string{};
    {
        auto const gone = loopback_server{io_, answer_always("")};
        closed_port = std::to_string(gone.port());
    }

    EXPECT_EQ(verdict(send(post("http://127.0.0.1:" + closed_port + "/"))), "refused, not_sent");
    EXPECT_EQ(verdict(send(post("http://unknown.test/"))), "dns, not_sent");
}

TEST_F(Exchange, TriesEveryAddressInTurn) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};

    auto const answer = send(get(server.url("http", "twice.test") + "/"));

    EXPECT_EQ(verdict(answer), "HTTP 200");
}

TEST_F(Exchange, RefusesInternalAddressesOnlyUnderTheGuard) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const hosts = std::vector<std::string>{"127.0.0.1",  "localhost",   "[::ffff:127.0.0.1]", "service.test",
                                                "mixed.test", "mapped.test", "private.test",       "[::1]"};
    for (auto const& host : hosts) {
        auto request = post(server.url("http", host) + "/");
        request.guard = address_guard::refuse_internal;

        EXPECT_EQ(verdict(send(request)), "forbidden, not_sent") << host;
    }
    EXPECT_EQ(server.accepted(), 0u);
    EXPECT_EQ(verdict(send(post(server.url("http", "service.test") + "/"))), "HTTP 200");
    EXPECT_EQ(verdict(send(post(server.url("http", "mapped.test") + "/"))), "HTTP 200");
}

TEST_F(Exchange, LendsNoConnectionToAnInternalPeerToAGuardedRequest) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto request = post(server.url("http") + "/");
    ASSERT_EQ(verdict(send(request)), "HTTP 200");
    request.guard = address_guard::refuse_internal;

    EXPECT_EQ(verdict(send(request)), "forbidden, not_sent");
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(Exchange, JudgesByStatusAloneWhenTheBodyIsDropped) {
    auto const rows = std::vector<std::string>{
        http_answer("503 Service Unavailable", std::string(300'000, 'x')),
        "HTTP/1.1 503 Service Unavailable\r\n\r\n" + std::string(300'000, 'x'),
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\ncut",
    };
    for (auto const& row : rows) {
        auto request = post("http://any.test/");
        request.answer_body = body_use::drop;
        request.max_response_body = 1'000;

        EXPECT_EQ(verdict_of(answer_and_close(row), request), "HTTP 503") << row.substr(0, 80);
    }
}

TEST_F(Exchange, ReadsNoBodyAfterAHead) {
    auto request = get("http://any.test/");
    request.method = "HEAD";

    EXPECT_EQ(verdict_of(answer_and_stall("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"), request), "HTTP 200");
}

awaitable<void> refuse_early(server_peer& peer) {
    co_await peer.send(http_answer("413 Content Too Large", "", "Connection: close\r\n"));
    co_await peer.wait_for_close();
}

TEST_F(Exchange, TakesAnAnswerThatComesBeforeTheRequestWasRead) {
    auto const script = [](server_peer& peer, std::size_t) { return refuse_early(peer); };

    EXPECT_EQ(verdict_of(script, post("http://any.test/", std::string(100'000, 'x'))), "HTTP 413");
}

TEST_F(Exchange, CanBeCancelledWhileItWaitsForTheAnswer) {
    auto server = loopback_server{io_, answer_and_stall("")};
    auto stop = asio::cancellation_signal{};
    auto outcome = std::optional<answer_type>{};
    auto const done = [&](std::exception_ptr, answer_type value) { outcome.emplace(std::move(value)); };
    asio::co_spawn(io_, http_->send(post(server.url("http") + "/")), asio::bind_cancellation_slot(stop.slot(), done));
    run_until([&] { return !server.requests().empty(); });

    stop.emit(asio::cancellation_type::terminal);
    run_until([&] { return outcome.has_value(); });

    EXPECT_EQ(verdict(*outcome), "stopping, perhaps_sent");
}

/// Sends as our root coroutines do: a cancellation is then asked for, not thrown.
awaitable<std::expected<client::outbound_response, client::exchange_failure>> send_to_the_end(
    client::http_client& http, client::outbound_request request) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto answer = co_await http.send(std::move(request));
    co_return answer;
}

awaitable<result<void>> cancel_meanwhile(asio::cancellation_signal& stop) {
    stop.emit(asio::cancellation_type::terminal);
    co_return result<void>{};
}

TEST_F(Exchange, ACancellationWhileTheBodyIsBeingTakenEndsItToo) {
    auto server = loopback_server{io_, answer_and_stall("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")};
    auto stop = asio::cancellation_signal{};
    auto outcome = std::optional<answer_type>{};
    auto const done = [&](std::exception_ptr, answer_type value) { outcome.emplace(std::move(value)); };
    auto request = get(server.url("http") + "/");
    request.answer_body = body_use::hand_on;
    request.on_body = [&stop](std::string_view) { return cancel_meanwhile(stop); };

    asio::co_spawn(io_, send_to_the_end(*http_, request), asio::bind_cancellation_slot(stop.slot(), done));
    run_until([&] { return outcome.has_value(); });

    EXPECT_EQ(verdict(*outcome), "stopping, perhaps_sent");
}

}  // namespace
}  // namespace voicehook::testing
