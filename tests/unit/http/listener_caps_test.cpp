#include "listener_fixture.hpp"

#include <gmock/gmock.h>

namespace voicehook::http {
namespace {

using testing::ElementsAre;

constexpr auto hello = std::string_view{"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"};
constexpr auto slow = std::string_view{"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n"};

class ListenerCaps : public ListenerFixture {
protected:
    /// Sends one request, reads its answer and leaves the connection idle.
    int ask_and_stay(test::wire_client& client) {
        client.send(hello);
        auto const status = client.read_answer().status;
        settle();
        return status;
    }
};

TEST_F(ListenerCaps, ConnectionsAreCappedInTotal) {
    start({.max_connections = 2});
    auto first = connect();
    auto second = connect();
    wait_until([&] { return connections_ == 2; });
    auto third = connect();

    EXPECT_EQ(third.read_rest(), "");
    EXPECT_EQ(rejected("connection_cap"), 1U);
    first.close();
    wait_until([&] { return connections_ == 1; });
    EXPECT_EQ(ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status, 200) << "a closed connection makes room";
}

TEST_F(ListenerCaps, ConnectionsAreCappedForEachAddressButNotForTrustedProxies) {
    start({.max_connections_per_address = 1});
    auto first = connect();
    wait_until([&] { return connections_ == 1; });
    auto second = connect();

    EXPECT_EQ(second.read_rest(), "");
    EXPECT_EQ(rejected("address_cap"), 1U);
}

TEST_F(ListenerCaps, TrustedProxiesHaveNoCapOfTheirOwn) {
    start({.max_connections_per_address = 1}, {"127.0.0.1"});
    auto first = connect();
    auto second = connect();

    wait_until([&] { return connections_ == 2; });

    EXPECT_EQ(rejected("address_cap"), 0U);
}

TEST_F(ListenerCaps, AtTheTotalCapTheConnectionThatWasIdleLongestMakesRoom) {
    start({.max_connections = 3});
    auto first = connect();
    auto second = connect();
    auto busy = connect();
    EXPECT_EQ(ask_and_stay(first), 200);
    EXPECT_EQ(ask_and_stay(second), 200);
    EXPECT_EQ(ask_and_stay(first), 200) << "now the second has been idle longest";
    busy.send(slow);
    wait_until([&] { return hanging_ == 1; });

    auto fourth = connect();

    EXPECT_EQ(ask_and_stay(fourth), 200);
    EXPECT_EQ(second.read_rest(), "");
    EXPECT_EQ(ask_and_stay(first), 200);
    released_.cancel();
    EXPECT_EQ(busy.read_answer().body, "released");
    EXPECT_EQ(connections_, 3);
    EXPECT_EQ(rejected("idle_evicted"), 1U);
    EXPECT_EQ(rejected("connection_cap"), 0U);
}

TEST_F(ListenerCaps, AsManyIdleConnectionsMakeRoomAsNewOnesCome) {
    start({.max_connections = 2});
    auto first = connect();
    auto second = connect();
    EXPECT_EQ(ask_and_stay(first), 200);
    EXPECT_EQ(ask_and_stay(second), 200);

    auto third = connect();
    auto fourth = connect();
    auto fifth = connect();

    EXPECT_EQ(first.read_rest(), "");
    EXPECT_EQ(second.read_rest(), "");
    EXPECT_EQ(fifth.read_rest(), "") << "the third and the fourth have not asked for anything yet";
    EXPECT_EQ(ask_and_stay(third), 200);
    EXPECT_EQ(ask_and_stay(fourth), 200);
    EXPECT_EQ(rejected("idle_evicted"), 2U);
    EXPECT_EQ(rejected("connection_cap"), 1U);
}

TEST_F(ListenerCaps, ARequestThatHasBegunIsNotIdle) {
    start({.max_connections = 1});
    auto client = connect();
    EXPECT_EQ(ask_and_stay(client), 200);
    client.send(hello.substr(0, 10));
    settle();

    auto refused = connect();

    EXPECT_EQ(refused.read_rest(), "");
    client.send(hello.substr(10));
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_EQ(rejected("connection_cap"), 1U);
}

TEST_F(ListenerCaps, AnAddressAtItsOwnCapTakesNobodysPlace) {
    start({.max_connections = 1, .max_connections_per_address = 1});
    auto idle = connect();
    EXPECT_EQ(ask_and_stay(idle), 200);

    auto refused = connect();

    EXPECT_EQ(refused.read_rest(), "");
    EXPECT_EQ(ask_and_stay(idle), 200);
    EXPECT_EQ(rejected("address_cap"), 1U);
    EXPECT_THAT(answered_, ElementsAre("/hello 200", "/hello 200"));
}

}  // namespace
}  // namespace voicehook::http
