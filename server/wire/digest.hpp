// SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104) over OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;
struct evp_md_ctx_st;

namespace voicehook::wire {

/// 32 raw bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

/// SHA-256 of what comes in pieces.
class sha256_stream {
public:
    sha256_stream();

    void add(std::string_view piece);
    /// In lower-case hex, of all pieces; the stream is spent.
    [[nodiscard]] std::string finish_hex();

private:
    struct release {
        void operator()(evp_md_ctx_st* context) const;
    };

    std::unique_ptr<evp_md_ctx_st, release> context_;
};

/// A key for many messages: what depends on the key alone is done once. One thread at a time.
class hmac_key {
public:
    explicit hmac_key(std::string_view key);

    [[nodiscard]] std::string mac(std::string_view message) const;

private:
    struct release {
        void operator()(evp_mac_ctx_st* context) const;
    };

    std::unique_ptr<evp_mac_ctx_st, release> context_;
};

}  // namespace voicehook::wire
