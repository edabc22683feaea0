#include "wire/digest.hpp"

#include "base/encoding.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <stdexcept>

namespace voicehook::wire {

namespace {

unsigned char const* bytes_of(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// OpenSSL 3 looks an algorithm up by its name each time that it is not handed one; these two live as long as the
// process.
EVP_MD* sha256_algorithm() {
    static auto* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return found;
}
EVP_MAC* hmac_algorithm() {
    static auto* const found = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    return found;
}

}  // namespace

std::string sha256(std::string_view bytes) {
    auto out = std::string(SHA256_DIGEST_LENGTH, '\0');
    if (EVP_Digest(bytes.data(), bytes.size(), bytes_of(out), nullptr, sha256_algorithm(), nullptr) != 1)
        throw std::runtime_error{"OpenSSL refuses SHA-256"};
    return out;
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view message) { return hmac_key{key}.mac(message); }

sha256_stream::sha256_stream() : context_{EVP_MD_CTX_new()} {
    if (!context_ || EVP_DigestInit_ex2(context_.get(), sha256_algorithm(), nullptr) != 1)
        throw std::runtime_error{"OpenSSL refuses SHA-256"};
}

void sha256_stream::add(std::string_view piece) {
    if (EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) != 1)
        throw std::runtime_error{"OpenSSL refuses SHA-256"};
}

std::string sha256_stream::finish_hex() {
    auto out = std::string(SHA256_DIGEST_LENGTH, '\0');
    if (EVP_DigestFinal_ex(context_.get(), bytes_of(out), nullptr) != 1)
        throw std::runtime_error{"OpenSSL refuses SHA-256"};
    return to_hex(out);
}

void sha256_stream::release::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

hmac_key::hmac_key(std::string_view key) : context_{EVP_MAC_CTX_new(hmac_algorithm())} {
    auto digest = std::string{"SHA256"};
    auto const parameters = std::array{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                       OSSL_PARAM_construct_end()};
    // Without bytes a key is still a key, while no pointer would mean "as before".
    auto const* const bytes = key.empty() ? bytes_of(std::string_view{""}) : bytes_of(key);
    if (!context_ || EVP_MAC_init(context_.get(), bytes, key.size(), parameters.data()) != 1)
        throw std::runtime_error{"OpenSSL refuses a key of HMAC-SHA-256"};
}

std::string hmac_key::mac(std::string_view message) const {
    auto out = std::string(SHA256_DIGEST_LENGTH, '\0');
    auto length = std::size_t{};
    auto const done = EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
                      EVP_MAC_update(context_.get(), bytes_of(message), message.size()) == 1 &&
                      EVP_MAC_final(context_.get(), bytes_of(out), &length, out.size()) == 1;
    if (!done) throw std::runtime_error{"OpenSSL refuses HMAC-SHA-256"};
    return out;
}

void hmac_key::release::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

}  // namespace voicehook::wire
