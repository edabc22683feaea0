// The rules of sinks of type "redis", and of the URLs of brokers.
#include "config/broker_url.hpp"
#include "config_text.hpp"

#include <gmock/gmock.h>

namespace voicehook::config {
namespace {

using namespace testing;
using ::testing::HasSubstr;

std::string redis_sink(std::string_view lines) {
    return minimal_config() + fmt::format("[[sinks]]\nname = \"a\"\ntype = \"redis\"\n{}\n", lines);
}

std::string redis_at(std::string_view url, std::string_view more = "") {
    return redis_sink(fmt::format("url = \"{}\"\nstream = \"s\"\n{}", url, more));
}

TEST(RedisSink, HasAServerAndAStream) {
    struct row {
        std::string text;
        std::string_view complaint;  ///< "": it loads
    };
    auto const rows = std::vector<row>{
        {redis_at("redis://host"), ""},
        {redis_at("rediss://redis.internal:6380/3", "ca_file = \"ca.crt\""), ""},
        {redis_at("redis://[::1]:6379/"), ""},
        {redis_at("redis://host", "username = \"u\"\npassword = \"p\"\nmax_length = 100000"), ""},
        {redis_at("redis://host", "password = \"p\""), ""},
        {redis_sink("stream = \"s\""), "test.toml:11: sinks[0].url: required"},
        {redis_sink("url = \"redis://host\""), "sinks[0].stream: required"},
        {redis_at("host:6379"), "sinks[0].url: expected \"redis://host\" or \"rediss://host\""},
        {redis_at("http://host"), "expected \"redis://host\" or \"rediss://host\""},
        {redis_at("redis://"), "expected \"redis://host\""},
        {redis_at("redis://host:0"), "expected \"redis://host\""},
        {redis_at("redis://ho st"), "expected \"redis://host\""},
        {redis_at("redis://host/zero"), "the number of a database"},
        {redis_at("redis://host/-1"), "the number of a database"},
        {redis_at("redis://host?db=1"), "the number of a database"},
        {redis_at("redis://:secret@host"), "must not hold a user name or password"},
        {redis_at("redis://host#a"), "must not have a fragment"},
        {redis_at("redis://host", "ca_file = \"ca.crt\""), "sinks[0].ca_file: means nothing without TLS"},
        {redis_at("rediss://host", "client_certificate = \"c\"\nclient_key = \"k\""), ""},
        {redis_at("rediss://host", "client_certificate = \"c\""), "sinks[0].client_key: required"},
        {redis_at("rediss://host", "client_key = \"c\""), "sinks[0].client_certificate: required"},
        {redis_at("redis://host", "client_certificate = \"c\"\nclient_key = \"k\""), "is shown to nobody without TLS"},
        {redis_at("redis://host", "username = \"u\""), "sinks[0].password: required with a username"},
        {redis_at("redis://host", "secret = \"x\""),
         "sinks[0].secret: only for sinks of type \"http\"; remove it here"},
        {redis_at("redis://host", "path = \"x\""), "sinks[0].path: only for sinks of type \"file\""},
        {redis_at("redis://host", "max_length = -1"), "sinks[0].max_length: expected a whole number"},
        {redis_at("redis://host", "stream_ = \"x\""), "unknown key"},
    };
    for (auto const& [text, complaint] : rows) {
        auto const complaints = complaints_about(text);
        if (complaint.empty())
            EXPECT_EQ(complaints, "") << text;
        else
            EXPECT_THAT(complaints, HasSubstr(complaint)) << text;
        EXPECT_EQ(complaints.find("secret@"), std::string::npos) << "a password is shown";
    }
}

TEST(RedisSink, ItsKeysAreOnlyItsOwn) {
    auto const complaints = complaints_about(minimal_config() +
                                             "[[sinks]]\nname = \"a\"\ntype = \"file\"\npath = \"x\"\nstream = \"s\"\n"
                                             "url = \"redis://host\"\npassword_file = \"p\"\n");

    EXPECT_THAT(complaints, HasSubstr("sinks[0].stream: only for sinks of type \"redis\"; remove it here"));
    EXPECT_THAT(complaints, HasSubstr("sinks[0].url: only for sinks of type \"http\" or \"redis\"; remove it here"));
    EXPECT_THAT(complaints, HasSubstr("sinks[0].password_file: only for"));
}

TEST(RedisSink, ItsUrlIsRead) {
    auto const place = read_redis_url("RediSS://Redis.Internal/7");

    ASSERT_TRUE(place.has_value()) << place.error();
    EXPECT_EQ(place->where, (broker_url{"rediss", "redis.internal", 6379, "7"}));
    EXPECT_EQ(place->database, 7u);
    EXPECT_TRUE(place->encrypted());
}

}  // namespace
}  // namespace voicehook::config
