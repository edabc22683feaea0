#include "wire/nats_credentials.hpp"

#include "base/encoding.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

namespace voicehook::wire {
namespace {

constexpr std::size_t seed_bytes = 32;
constexpr std::size_t sum_bytes = 2;
/// Five bits of "seed" (S) and eight of "user" (U), spread over two bytes.
constexpr unsigned seed_prefix = 18u << 3;
constexpr unsigned user_prefix = 20u << 3;

/// RFC 4648, 6, without padding and without left-over bits.
std::optional<std::string> from_base32(std::string_view text) {
    constexpr auto alphabet = std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"};
    auto out = std::string{};
    auto bits = 0u;
    auto held = 0u;
    for (auto const letter : text) {
        auto const digit = alphabet.find(letter);
        if (digit == std::string_view::npos) return std::nullopt;
        held = (held << 5 | static_cast<unsigned>(digit)) & 0xfffu;
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        out += static_cast<char>(held >> bits & 0xffu);
    }
    if (bits >= 5 || (held & ((1u << bits) - 1)) != 0) return std::nullopt;
    return out;
}

/// CRC-16/XMODEM.
std::uint16_t sum_of(std::string_view bytes) {
    auto sum = 0u;
    for (auto const byte : bytes) {
        sum ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8;
        for (auto bit = 0; bit < 8; ++bit) sum = ((sum & 0x8000u) != 0 ? sum << 1 ^ 0x1021u : sum << 1) & 0xffffu;
    }
    return static_cast<std::uint16_t>(sum);
}

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::vector<std::string_view> lines_of(std::string_view text) {
    auto out = std::vector<std::string_view>{};
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto line = text.substr(0, end);
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        out.push_back(line);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return out;
}

/// The line between `-----BEGIN <what>-----` and the line of dashes that ends it.
std::string_view block(std::vector<std::string_view> const& lines, std::string_view what) {
    for (std::size_t i = 0; i + 2 < lines.size(); ++i)
        if (lines[i].starts_with("---") && lines[i].contains("BEGIN") && lines[i].contains(what) &&
            lines[i + 2].starts_with("---"))
            return lines[i + 1];
    return {};
}

}  // namespace

std::optional<secret> read_nkey_seed(std::string_view text) {
    auto const bytes = from_base32(text);
    if (!bytes || bytes->size() != 2 + seed_bytes + sum_bytes) return std::nullopt;
    auto const said = byte_at(*bytes, bytes->size() - 2) | byte_at(*bytes, bytes->size() - 1) << 8;
    if (said != sum_of(std::string_view{*bytes}.substr(0, bytes->size() - sum_bytes))) return std::nullopt;
    auto const kind = byte_at(*bytes, 0) & 0xf8u;
    auto const role = (byte_at(*bytes, 0) & 0x07u) << 5 | byte_at(*bytes, 1) >> 3;
    if (kind != seed_prefix || role != user_prefix) return std::nullopt;
    return secret{bytes->substr(2, seed_bytes)};
}

std::expected<nats_credentials, std::string> read_nats_credentials(std::string_view text) {
    auto const lines = lines_of(text);
    auto const jwt = block(lines, "USER JWT");
    if (jwt.empty()) return std::unexpected{std::string{"there is no block USER JWT in it"}};
    auto key = read_nkey_seed(block(lines, "USER NKEY SEED"));
    if (!key) return std::unexpected{std::string{"there is no block USER NKEY SEED with a user's seed (SU…) in it"}};
    return nats_credentials{std::string{jwt}, std::move(*key)};
}

std::string sign_nonce(nats_credentials const& credentials, std::string_view nonce) {
    auto const& seed = credentials.key.reveal();
    auto const key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>{
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, reinterpret_cast<unsigned char const*>(seed.data()),
                                     seed.size()),
        &EVP_PKEY_free};
    auto const context = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    auto signature = std::array<unsigned char, 64>{};
    auto length = signature.size();
    if (!key || !context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &length, reinterpret_cast<unsigned char const*>(nonce.data()),
                       nonce.size()) != 1)
        throw std::runtime_error{"OpenSSL cannot sign with Ed25519"};
    return to_base64url({reinterpret_cast<char const*>(signature.data()), length});
}

}  // namespace voicehook::wire
