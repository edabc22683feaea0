#include "wire/digest.hpp"

#include "base/encoding.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <stdexcept>

namespace voicehook::wire {

namespace {

unsigned char const* bytes_of(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string sha256(std::string_view bytes) {
    auto out = std::string(SHA256_DIGEST_LENGTH, '\0');
    if (::SHA256(bytes_of(bytes), bytes.size(), bytes_of(out)) == nullptr)
        throw std::runtime_error{"OpenSSL refuses SHA-256"};
    return out;
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view message) {
    auto out = std::string(SHA256_DIGEST_LENGTH, '\0');
    auto length = 0U;
    if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(), bytes_of(out),
               &length) == nullptr)
        throw std::runtime_error{"OpenSSL refuses HMAC-SHA-256"};
    return out;
}

}  // namespace voicehook::wire
