// What tests of the outbound side share: one io_context, one authority, names that lead where the test wants.
#pragma once

#include "async/resolver_pool.hpp"
#include "client/http_client.hpp"
#include "ports/clock.hpp"
#include "tests/unit/client/certificates.hpp"
#include "tests/unit/client/loopback.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::testing {

/// Names that the tests' resolver knows, and their addresses.
inline std::map<std::string, std::vector<std::string>> const known_names = {
    {"service.test", {"127.0.0.1"}},
    {"other.test", {"127.0.0.1"}},
    {"mixed.test", {"93.184.216.34", "127.0.0.1"}},
    {"mapped.test", {"::ffff:127.0.0.1"}},
    {"private.test", {"10.1.2.3"}},
    {"twice.test", {"::1", "127.0.0.1"}},
};

inline result<std::vector<asio::ip::address>> look_up_known_name(std::string const& host) {
    auto const found = known_names.find(host);
    if (found == known_names.end()) return fail(errc::dns, "resolve " + host);
    auto addresses = std::vector<asio::ip::address>{};
    for (auto const& text : found->second) addresses.push_back(asio::ip::make_address(text));
    return addresses;
}

/// A clock that stands still, and stands apart from the wall clock if that is given.
class fixed_clock final : public ports::clock {
public:
    explicit fixed_clock(instant at) : fixed_clock{at, at} {}
    fixed_clock(instant at, instant wall) : at_{at}, wall_{wall} {}
    instant now() const override { return at_; }
    instant wall() const override { return wall_; }
    awaitable<void> sleep(duration) override { co_return; }
    /// Nobody on the outbound side waits for an alarm.
    std::unique_ptr<ports::alarm> make_alarm() override { return nullptr; }

private:
    instant at_;
    instant wall_;
};

class client_test : public ::testing::Test {
protected:
    using answer_type = std::expected<client::outbound_response, client::exchange_failure>;

    client_test() { make_client({}); }

    void make_client(client::client_settings settings) {
        auto trust = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
        auto const pem = authority_.certificate_pem();
        trust->add_certificate_authority(asio::buffer(pem));
        http_ = client::create_http_client(io_.get_executor(), resolver_, std::move(trust), std::move(settings));
    }

    /// Runs the io_context until `work` has ended; a test that hangs fails after ten seconds.
    template <class T>
    T run(awaitable<T> work) {
        auto outcome = std::optional<T>{};
        auto thrown = std::exception_ptr{};
        asio::co_spawn(io_, std::move(work), [&](std::exception_ptr problem, T value) {
            thrown = problem;
            outcome.emplace(std::move(value));
        });
        run_until([&] { return outcome.has_value(); });
        if (thrown) std::rethrow_exception(thrown);
        return std::move(*outcome);
    }

    template <class Condition>
    void run_until(Condition holds) {
        auto const until = deadline::in(10s);
        io_.restart();
        while (!holds()) {
            if (io_.run_one_until(until.moment()) == 0) throw std::runtime_error{"the test hangs"};
        }
    }

    [[nodiscard]] answer_type send(client::outbound_request request) { return run(http_->send(std::move(request))); }

    [[nodiscard]] static client::outbound_request get(std::string const& url) {
        auto request = client::outbound_request{};
        if (core::split_url(url, request.url) != core::url_error::none) throw std::runtime_error{"not a URL: " + url};
        return request;
    }

    [[nodiscard]] static client::outbound_request post(std::string const& url, std::string body = "{}") {
        auto request = get(url);
        request.method = "POST";
        request.body = std::move(body);
        return request;
    }

    asio::io_context io_{1};
    test_authority authority_;
    async::resolver_pool resolver_{2, 16, look_up_known_name};
    std::unique_ptr<client::http_client> http_;
};

/// `code, sent` of a failure, or the status of an answer: one text to compare, so that a test shows both sides.
inline std::string verdict(std::expected<client::outbound_response, client::exchange_failure> const& answer) {
    if (answer) return "HTTP " + std::to_string(answer->status);
    auto const not_sent = answer.error().sent == client::exchange_failure::request::not_sent;
    return std::string{to_text(answer.error().why.code)} + (not_sent ? ", not_sent" : ", perhaps_sent");
}

}  // namespace voicehook::testing
