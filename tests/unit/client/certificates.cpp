#include "tests/unit/client/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace voicehook::testing {

namespace {

constexpr long a_day = 24 * 60 * 60;

struct deleter {
    void operator()(EVP_PKEY* item) const { EVP_PKEY_free(item); }
    void operator()(X509* item) const { X509_free(item); }
    void operator()(BIO* item) const { BIO_free(item); }
    void operator()(X509_EXTENSION* item) const { X509_EXTENSION_free(item); }
};
template <class T>
using owned = std::unique_ptr<T, deleter>;

struct lifetime {
    long begins;
    long ends;
};

owned<EVP_PKEY> make_key() { return owned<EVP_PKEY>{EVP_EC_gen("P-256")}; }

std::string text_of(BIO* memory) {
    char* bytes = nullptr;
    auto const size = BIO_get_mem_data(memory, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* item) {
    auto const out = owned<BIO>{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509(out.get(), item);
    return text_of(out.get());
}

std::string to_pem(EVP_PKEY* item) {
    auto const out = owned<BIO>{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(out.get(), item, nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(out.get());
}

void extend(X509* item, X509* issuer, int what, std::string const& value) {
    auto context = X509V3_CTX{};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, item, nullptr, nullptr, 0);
    auto const extension = owned<X509_EXTENSION>{X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str())};
    if (!extension) throw std::runtime_error{"make a certificate extension: " + value};
    X509_add_ext(item, extension.get(), -1);
}

owned<X509> begin_certificate(EVP_PKEY* key, std::string const& name, long serial, lifetime valid) {
    auto item = owned<X509>{X509_new()};
    X509_set_version(item.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(item.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(item.get()), valid.begins);
    X509_gmtime_adj(X509_getm_notAfter(item.get()), valid.ends);
    X509_set_pubkey(item.get(), key);
    auto const* const text = reinterpret_cast<unsigned char const*>(name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(item.get()), "CN", MBSTRING_ASC, text, -1, -1, 0);
    return item;
}

}  // namespace

struct test_authority::state {
    owned<EVP_PKEY> key{make_key()};
    owned<X509> certificate{begin_certificate(key.get(), "test authority", 1, {-a_day, a_day})};

    issued_certificate issue(std::string const& names, lifetime valid) const {
        auto const leaf_key = make_key();
        auto const leaf = begin_certificate(leaf_key.get(), "test leaf", 2, valid);
        X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate.get()));
        extend(leaf.get(), certificate.get(), NID_subject_alt_name, names);
        X509_sign(leaf.get(), key.get(), EVP_sha256());
        return {to_pem(leaf.get()), to_pem(leaf_key.get())};
    }
};

test_authority::test_authority() : state_{std::make_unique<state>()} {
    auto* const item = state_->certificate.get();
    X509_set_issuer_name(item, X509_get_subject_name(item));
    extend(item, item, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(item, state_->key.get(), EVP_sha256());
}

test_authority::~test_authority() = default;

issued_certificate test_authority::issue(std::string const& names) const {
    return state_->issue(names, {-a_day, a_day});
}

issued_certificate test_authority::issue_expired(std::string const& names) const {
    return state_->issue(names, {-2 * a_day, -a_day});
}

std::string test_authority::certificate_pem() const { return to_pem(state_->certificate.get()); }

}  // namespace voicehook::testing
