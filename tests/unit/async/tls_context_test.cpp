#include "async/tls_context.hpp"
#include "test_certificate.hpp"

#include <boost/asio/ssl/context.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace voicehook::async {
namespace {

class TlsContext : public testing::Test {
protected:
    test::scratch_directory scratch_;
    test::certificate_files files_{test::make_certificate(scratch_.path() / "server", "localhost")};
};

TEST_F(TlsContext, AListenerKnowsWhenItsCertificateEnds) {
    auto const made = make_server_tls({files_.certificate, files_.key, ""});

    ASSERT_TRUE(made.has_value()) << made.error().doing;
    auto const left = made->not_after - std::chrono::system_clock::now();
    EXPECT_GT(left, 20h);
    EXPECT_LT(left, 28h);
}

TEST_F(TlsContext, MissingFilesAreNamed) {
    auto const certificate = make_server_tls({"no-such.crt", files_.key, ""});
    auto const key = make_server_tls({files_.certificate, "no-such.key", ""});
    auto const authority = make_server_tls({files_.certificate, files_.key, "no-such.ca"});
    auto const trust = make_client_tls("no-such.trust");

    ASSERT_FALSE(certificate.has_value());
    EXPECT_EQ(certificate.error().code, errc::unreadable);
    EXPECT_NE(certificate.error().doing.find("no-such.crt"), std::string::npos) << certificate.error().doing;
    ASSERT_FALSE(key.has_value());
    EXPECT_NE(key.error().doing.find("no-such.key"), std::string::npos) << key.error().doing;
    ASSERT_FALSE(authority.has_value());
    EXPECT_NE(authority.error().doing.find("no-such.ca"), std::string::npos) << authority.error().doing;
    ASSERT_FALSE(trust.has_value());
    EXPECT_NE(trust.error().doing.find("no-such.trust"), std::string::npos) << trust.error().doing;
}

TEST_F(TlsContext, AKeyOfAnotherCertificateIsRefused) {
    auto const other = test::make_certificate(scratch_.path() / "other", "localhost");

    auto const made = make_server_tls({files_.certificate, other.key, ""});

    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, errc::unreadable);
}

TEST_F(TlsContext, WhatIsNotPemIsRefused) {
    auto const path = scratch_.path() / "garbage.crt";
    std::ofstream{path} << "not a certificate\n";

    auto const made = make_server_tls({path.string(), files_.key, ""});

    ASSERT_FALSE(made.has_value());
    EXPECT_NE(made.error().doing.find("garbage.crt"), std::string::npos) << made.error().doing;
}

TEST_F(TlsContext, WhatIsWrongWithAFileIsSaidInWords) {
    auto const garbage = (scratch_.path() / "garbage.pem").string();
    std::ofstream{garbage} << "no PEM\n";
    auto const other = test::make_certificate(scratch_.path() / "other", "localhost");
    auto const encrypted = test::encrypt_key(files_.key, "open sesame");
    auto const with = [&](std::string const& certificate, std::string const& key) {
        auto const made = make_server_tls({certificate, key, ""});
        return made ? std::string{} : made.error().doing;
    };

    EXPECT_EQ(with("no.crt", files_.key), "load certificate no.crt: No such file or directory");
    EXPECT_EQ(with(files_.certificate, "no.key"), "load private key no.key: No such file or directory");
    EXPECT_EQ(with(garbage, files_.key), "load certificate " + garbage + ": it holds no certificate in PEM");
    EXPECT_EQ(with(files_.certificate, garbage), "load private key " + garbage + ": it holds no private key in PEM");
    EXPECT_EQ(with(files_.certificate, other.key),
              "load private key " + other.key + ": it is not the key of the certificate");
    EXPECT_EQ(with(files_.certificate, encrypted),
              "load private key " + encrypted + ": it is encrypted: remove its passphrase");
    EXPECT_EQ(make_client_tls("no.ca").error().doing, "load CA certificate no.ca: No such file or directory");
    EXPECT_EQ(make_client_tls(garbage).error().doing,
              "load CA certificate " + garbage + ": it holds no CA certificate in PEM");
}

TEST_F(TlsContext, ClientsTrustTheSystemAndOneFileMore) {
    auto const made = make_client_tls(files_.certificate);

    EXPECT_TRUE(made.has_value()) << made.error().doing;
}

TEST_F(TlsContext, ClientsThatNameTheSameFileShareWhatTheyTrustUntilItIsToBeReadAgain) {
    auto const store_of = [](trust_stores& from, std::string const& file) {
        return SSL_CTX_get_cert_store((*from.make_client(file))->native_handle());
    };
    auto stores = trust_stores{};
    auto const first = stores.make_client("").value();  // kept, so that its store is not made anew at the same place

    EXPECT_EQ(store_of(stores, ""), SSL_CTX_get_cert_store(first->native_handle()));
    EXPECT_NE(store_of(stores, files_.certificate), SSL_CTX_get_cert_store(first->native_handle()));
    stores.forget();
    EXPECT_NE(store_of(stores, ""), SSL_CTX_get_cert_store(first->native_handle()));
}

TEST_F(TlsContext, AClientShowsACertificateWhoseKeyFits) {
    auto const other = test::make_certificate(scratch_.path() / "other", "localhost");
    auto const trust = make_client_tls("");
    ASSERT_TRUE(trust.has_value()) << trust.error().doing;

    auto const good = present_certificate(**trust, files_.certificate, files_.key);
    auto const missing = present_certificate(**trust, "no-such.crt", files_.key);
    auto const strange = present_certificate(**trust, files_.certificate, other.key);

    ASSERT_TRUE(good.has_value()) << good.error().doing;
    EXPECT_EQ(*good, make_server_tls({files_.certificate, files_.key, ""})->not_after);
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(missing.error().doing.find("no-such.crt"), std::string::npos) << missing.error().doing;
    ASSERT_FALSE(strange.has_value());
    EXPECT_EQ(strange.error().code, errc::unreadable);
    EXPECT_NE(strange.error().doing.find("other.key"), std::string::npos) << strange.error().doing;
}

}  // namespace
}  // namespace voicehook::async
