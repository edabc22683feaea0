#include "wire/webhook_signature.hpp"

#include "base/encoding.hpp"
#include "wire/digest.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

namespace voicehook::wire {

namespace {

constexpr std::string_view key_prefix = "whsec_";
constexpr std::size_t shortest_key = 24;
constexpr std::size_t longest_key = 64;

}  // namespace

std::optional<secret> webhook_key(std::string_view text) {
    if (!text.starts_with(key_prefix)) return std::nullopt;
    auto bytes = from_base64(text.substr(key_prefix.size()));
    if (!bytes || bytes->size() < shortest_key || bytes->size() > longest_key) return std::nullopt;
    return secret{std::move(*bytes)};
}

std::string sign_webhook(secret const& key, delivery_id const& id, instant at, std::string_view body) {
    auto const signed_text = fmt::format("{}.{}.{}", id.value(), to_unix_seconds(at), body);
    return fmt::format("v1,{}", to_base64(hmac_sha256(key.reveal(), signed_text)));
}

}  // namespace voicehook::wire
