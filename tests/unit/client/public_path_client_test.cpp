#include "client/public_path_client.hpp"

#include "tests/unit/client/client_fixture.hpp"

#include <gmock/gmock.h>

namespace voicehook::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class PublicPath : public client_test {
protected:
    PublicPath() { make_client(client::keep_nothing()); }

    loopback_server serve(server_script script, std::string const& name = "DNS:service.test") {
        return {io_, std::move(script), authority_.issue(name)};
    }
    std::unique_ptr<ports::public_path> path_at(std::string base_url, duration timeout = 5s) {
        return client::create_public_path_client(*http_, {.base_url = std::move(base_url), .timeout = timeout});
    }
};

TEST_F(PublicPath, IsCalledAsTheProviderCallsOverAConnectionOfItsOwnEachTime) {
    auto server = serve(answer_always(http_answer("503 Service Unavailable", "later")));
    auto const path = path_at(server.url("https", "service.test") + "/behind");

    auto const first = run(path->call_back("task.k1.mac", R"({"id":"x"})"));
    auto const second = run(path->call_back("task.k1.mac", R"({"id":"x"})"));

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->status, 503);
    EXPECT_EQ(first->body, "later");
    ASSERT_EQ(server.requests().size(), 2u);
    EXPECT_EQ(server.accepted(), 2u);
    EXPECT_THAT(server.requests()[0], StartsWith("POST /behind/callbacks/v1/task.k1.mac HTTP/1.1\r\n"));
    EXPECT_THAT(server.requests()[0], HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(server.requests()[0], EndsWith("\r\n\r\n{\"id\":\"x\"}"));
}

TEST_F(PublicPath, TakesNoCertificateOfAnotherName) {
    auto server = serve(answer_always(http_answer("200 OK", "{}")), "DNS:other.test");

    auto const answer = run(path_at(server.url("https", "service.test"))->call_back("t", "{}"));

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, errc::tls);
}

TEST_F(PublicPath, FailsWithItsCause) {
    auto const unknown = run(path_at("https://nowhere.test")->call_back("t", "{}"));

    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, errc::dns);
}

}  // namespace
}  // namespace voicehook::testing
