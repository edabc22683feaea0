#include "app/ops/place.hpp"

#include <gtest/gtest.h>

namespace voicehook::app::ops {
namespace {

config::settings listening_at(std::string listen) {
    config::settings made;
    made.ops.listen = std::move(listen);
    made.ops.token = secret{"the token"};
    return made;
}

TEST(Place, AWildcardAddressIsReachedByLoopback) {
    struct row {
        char const* listen;
        char const* text;
    };
    for (auto const& [listen, text] : {row{"0.0.0.0:9464", "127.0.0.1:9464"}, row{"[::]:1", "[::1]:1"},
                                       row{"10.1.2.3:9464", "10.1.2.3:9464"}, row{"[fd00::1]:9464", "[fd00::1]:9464"}})
        EXPECT_EQ(local_place(listening_at(listen)).value().text(), text);
}

TEST(Place, ThisMachinesCertificateIsNotLookedAt) {
    auto settings = listening_at("0.0.0.0:9464");
    EXPECT_EQ(local_place(settings).value().how, protection::plain);

    settings.ops.tls.certificate = "ops.crt";

    EXPECT_EQ(local_place(settings).value().how, protection::encrypted);
}

TEST(Place, AnotherMachineIsAskedOverVerifiedTls) {
    auto const where = remote_place("https://voicehook.internal:9500", "ca.pem", secret{"t"});

    ASSERT_TRUE(where.has_value()) << where.error().doing;
    EXPECT_EQ(where->text(), "voicehook.internal:9500");
    EXPECT_EQ(where->how, protection::verified);
    EXPECT_EQ(where->ca_file, "ca.pem");
    EXPECT_EQ(remote_place("https://voicehook.internal", {}, secret{"t"}).value().port, "9464");
}

TEST(Place, ATokenIsNeverSentInTheClearButToLoopback) {
    EXPECT_FALSE(remote_place("http://voicehook.internal:9464", {}, secret{"t"}).has_value());
    EXPECT_FALSE(remote_place("http://10.0.0.1:9464", {}, secret{"t"}).has_value());
    EXPECT_EQ(remote_place("http://127.0.0.1:9464", {}, secret{"t"}).value().how, protection::plain);
    EXPECT_EQ(remote_place("http://localhost:9464/", {}, secret{"t"}).value().how, protection::plain);
}

TEST(Place, WhatIsNoUrlOfAListenerIsRefused) {
    for (auto const* const url :
         {"", "voicehook:9464", "ftp://voicehook", "https://user@voicehook", "https://voicehook/ops"})
        EXPECT_FALSE(remote_place(url, {}, secret{"t"}).has_value()) << url;
}

}  // namespace
}  // namespace voicehook::app::ops
