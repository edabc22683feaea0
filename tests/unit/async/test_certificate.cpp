#include "test_certificate.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

namespace voicehook::test {
namespace {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* item) const {
        Free(item);
    }
};

using file_handle = std::unique_ptr<std::FILE, freed_by<std::fclose>>;
using key_handle = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_handle = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_handle = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

constexpr long one_day = 24L * 60 * 60;

void require(bool worked, char const* what) {
    if (!worked) throw std::runtime_error{what};
}

void add_extension(X509* certificate, int kind, std::string const& value) {
    auto context = X509V3_CTX{};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    auto const extension = extension_handle{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "add a certificate extension");
}

certificate_handle sign_certificate(EVP_PKEY* key, std::string const& host) {
    auto certificate = certificate_handle{X509_new()};
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), one_day);
    X509_set_pubkey(certificate.get(), key);
    auto* const name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(host.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_subject_alt_name, "DNS:" + host + ",IP:127.0.0.1");
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    require(X509_sign(certificate.get(), key, EVP_sha256()) != 0, "sign a certificate");
    return certificate;
}

file_handle open_for_writing(std::string const& path) {
    auto file = file_handle{std::fopen(path.c_str(), "w")};
    require(file != nullptr, "open a file for writing");
    return file;
}

}  // namespace

scratch_directory::scratch_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "voicehook-test-XXXXXX").string();
    require(mkdtemp(pattern.data()) != nullptr, "make a scratch directory");
    path_ = pattern;
}

scratch_directory::~scratch_directory() {
    auto ignored = std::error_code{};
    std::filesystem::remove_all(path_, ignored);
}

certificate_files make_certificate(std::filesystem::path const& stem, std::string const& host) {
    auto const key = key_handle{EVP_EC_gen("P-256")};
    require(key != nullptr, "make a key");
    auto const certificate = sign_certificate(key.get(), host);
    auto const files = certificate_files{stem.string() + ".crt", stem.string() + ".key"};

    auto const certificate_file = open_for_writing(files.certificate);
    require(PEM_write_X509(certificate_file.get(), certificate.get()) == 1, "write a certificate");
    auto const key_file = open_for_writing(files.key);
    require(PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1, "write a key");
    return files;
}

std::string encrypt_key(std::string const& file, std::string const& passphrase) {
    auto const source = file_handle{std::fopen(file.c_str(), "r")};
    require(source != nullptr, "open a key");
    auto const key = key_handle{PEM_read_PrivateKey(source.get(), nullptr, nullptr, nullptr)};
    require(key != nullptr, "read a key");
    auto made = file + ".encrypted";
    auto const target = open_for_writing(made);
    require(PEM_write_PKCS8PrivateKey(target.get(), key.get(), EVP_aes_128_cbc(), passphrase.data(),
                                      static_cast<int>(passphrase.size()), nullptr, nullptr) == 1,
            "write an encrypted key");
    return made;
}

}  // namespace voicehook::test
