// SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104) over OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace voicehook::wire {

/// 32 raw bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace voicehook::wire
