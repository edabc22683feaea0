// Names whose addresses change between two look-ups: what was checked is what is connected to.
#include "tests/unit/client/client_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>

namespace voicehook::testing {
namespace {

/// Answers look-up number n with the n-th list of addresses, and with the last one from then on.
class turning_names {
public:
    explicit turning_names(std::vector<std::vector<std::string>> turns) : turns_{std::move(turns)} {}

    result<std::vector<asio::ip::address>> look_up(std::string const&) {
        auto const turn = std::min(asked_++, turns_.size() - 1);
        auto addresses = std::vector<asio::ip::address>{};
        for (auto const& text : turns_[turn]) addresses.push_back(asio::ip::make_address(text));
        return addresses;
    }

    [[nodiscard]] std::size_t asked() const { return asked_; }

private:
    std::vector<std::vector<std::string>> turns_;
    std::atomic<std::size_t> asked_{};
};

class Rebinding : public client_test {
protected:
    /// Every name has the addresses of its turn from now on.
    void resolve_by_turns(std::vector<std::vector<std::string>> turns) {
        names_ = std::make_unique<turning_names>(std::move(turns));
        auto const look_up = [names = names_.get()](std::string const& host) { return names->look_up(host); };
        turning_resolver_ = std::make_unique<async::resolver_pool>(1, 16, look_up);
        auto trust = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
        auto const pem = authority_.certificate_pem();
        trust->add_certificate_authority(asio::buffer(pem));
        http_ = client::create_http_client(io_.get_executor(), *turning_resolver_, std::move(trust), {});
    }

    client::outbound_request guarded(std::string const& url) {
        auto request = get(url);
        request.guard = client::address_guard::refuse_internal;
        request.timeouts.connect = 100ms;
        return request;
    }

    ~Rebinding() override { http_.reset(); }

    std::unique_ptr<turning_names> names_;
    std::unique_ptr<async::resolver_pool> turning_resolver_;
};

TEST_F(Rebinding, LooksANameUpOnceAndConnectsToWhatItChecked) {
    auto inside = loopback_server{io_, answer_always(http_answer("200 OK")), authority_.issue("DNS:name.test")};
    // 198.41.0.4 is public; nobody of this machine answers there on that port.
    resolve_by_turns({{"198.41.0.4"}, {"127.0.0.1"}});

    auto const answer = send(guarded(inside.url("https", "name.test") + "/"));

    EXPECT_FALSE(answer.has_value());
    EXPECT_NE(answer.error().why.code, errc::forbidden) << "its one look-up was public";
    EXPECT_EQ(names_->asked(), 1u);
    EXPECT_EQ(inside.accepted(), 0u);
}

TEST_F(Rebinding, RefusesTheNextTimeWhatHasTurnedInside) {
    auto inside = loopback_server{io_, answer_always(http_answer("200 OK")), authority_.issue("DNS:name.test")};
    auto const url = inside.url("https", "name.test") + "/";
    for (auto const* const address : {"127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::1",
                                      "::127.0.0.1", "fe80::1%1", "fd00::1", "0.0.0.0", "169.254.169.254"}) {
        resolve_by_turns({{"198.41.0.4"}, {address}});

        static_cast<void>(send(guarded(url)));
        auto const second = send(guarded(url));

        EXPECT_EQ(verdict(second), "forbidden, not_sent") << address;
        EXPECT_EQ(names_->asked(), 2u) << address;
    }
    EXPECT_EQ(inside.accepted(), 0u);
}

TEST_F(Rebinding, RefusesAnAnswerOfWhichAnyPartIsInside) {
    auto inside = loopback_server{io_, answer_always(http_answer("200 OK")), authority_.issue("DNS:name.test")};
    for (auto const& addresses : std::vector<std::vector<std::string>>{{"198.41.0.4", "127.0.0.1"},
                                                                       {"127.0.0.1", "198.41.0.4"},
                                                                       {"2001:503:ba3e::2:30", "::ffff:10.0.0.1"},
                                                                       {"198.41.0.4", "2002:a00:1::"}}) {
        resolve_by_turns({addresses});

        auto const answer = send(guarded(inside.url("https", "name.test") + "/"));

        EXPECT_EQ(verdict(answer), "forbidden, not_sent") << ::testing::PrintToString(addresses);
    }
    EXPECT_EQ(inside.accepted(), 0u);
}

TEST_F(Rebinding, UsesAKeptConnectionOnlyUnderTheGuardItWasMadeUnder) {
    auto inside = loopback_server{io_, answer_always(http_answer("200 OK")), authority_.issue("DNS:name.test")};
    auto const url = inside.url("https", "name.test") + "/";
    resolve_by_turns({{"127.0.0.1"}});

    EXPECT_EQ(verdict(send(get(url))), "HTTP 200");
    EXPECT_EQ(verdict(send(guarded(url))), "forbidden, not_sent");
    EXPECT_EQ(verdict(send(get(url))), "HTTP 200");

    EXPECT_EQ(inside.accepted(), 1u);
    EXPECT_EQ(inside.requests().size(), 2u);
}

}  // namespace
}  // namespace voicehook::testing
