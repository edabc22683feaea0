#include "async/tls_context.hpp"

#include "base/log.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

namespace voicehook::async {
namespace {

namespace ssl = boost::asio::ssl;

constexpr auto tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// The newest reason in OpenSSL's queue, which is emptied.
std::string take_openssl_reason() {
    auto const code = ERR_peek_last_error();
    ERR_clear_error();
    auto const* text = code == 0 ? nullptr : ERR_reason_error_string(code);
    return text == nullptr ? "unknown reason" : text;
}

std::unexpected<failure> unreadable(std::string_view what, std::string const& file) {
    return fail(errc::unreadable, fmt::format("{} {}: {}", what, file, take_openssl_reason()));
}

/// Never asks at a terminal: an encrypted key is an error.
int no_passphrase(char*, int, int, void*) { return 0; }

/// Chooses HTTP/1.1 when the client offers it, and says nothing otherwise.
int choose_protocol(SSL*, unsigned char const** chosen, unsigned char* length, unsigned char const* offered,
                    unsigned int offered_length, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* selected{};
    auto const found = SSL_select_next_proto(&selected, length, ours, sizeof(ours) - 1, offered, offered_length);
    *chosen = selected;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/// What listeners and clients have in common.
std::optional<failure> harden(SSL_CTX* context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_cipher_list(context, tls12_ciphers) == 1)
        return std::nullopt;
    return failure{errc::unreadable, "set TLS versions and ciphers: " + take_openssl_reason()};
}

/// The chain and the key that fits it.
std::optional<failure> load_own_certificate(SSL_CTX* context, std::string const& certificate, std::string const& key) {
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return unreadable("load certificate", certificate).error();
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        return unreadable("load private key", key).error();
    if (SSL_CTX_check_private_key(context) != 1) return unreadable("match the certificate with its key", key).error();
    return std::nullopt;
}

void warn_when_expired(std::string const& file, instant not_after) {
    if (not_after < std::chrono::system_clock::now())
        log_warning("certificate_expired", {{"file", file}, {"not_after", to_rfc3339(not_after)}});
}

std::optional<instant> read_not_after(SSL_CTX* context) {
    auto const* certificate = SSL_CTX_get0_certificate(context);
    auto broken_down = std::tm{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &broken_down) != 1)
        return std::nullopt;
    return instant{std::chrono::seconds{timegm(&broken_down)}};
}

std::optional<failure> require_client_certificates(SSL_CTX* context, std::string const& file) {
    auto* names = SSL_load_client_CA_file(file.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(context, file.c_str()) != 1)
        return unreadable("load client CA", file).error();
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return std::nullopt;
}

}  // namespace

result<server_tls> make_server_tls(server_tls_files const& files) {
    ERR_clear_error();
    auto made = std::make_shared<ssl::context>(ssl::context::tls_server);
    auto* const context = made->native_handle();
    if (auto problem = harden(context)) return std::unexpected{std::move(*problem)};
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    static constexpr unsigned char session_id_context[] = "voicehook";
    SSL_CTX_set_session_id_context(context, session_id_context, sizeof(session_id_context) - 1);

    if (auto problem = load_own_certificate(context, files.certificate, files.key))
        return std::unexpected{std::move(*problem)};
    if (!files.client_ca.empty())
        if (auto problem = require_client_certificates(context, files.client_ca))
            return std::unexpected{std::move(*problem)};

    auto const not_after = read_not_after(context);
    if (!not_after) return unreadable("read the end of validity of", files.certificate);
    warn_when_expired(files.certificate, *not_after);
    return server_tls{.context = std::move(made), .not_after = *not_after};
}

result<std::shared_ptr<ssl::context>> make_client_tls(std::string const& ca_file) {
    ERR_clear_error();
    auto made = std::make_shared<ssl::context>(ssl::context::tls_client);
    auto* const context = made->native_handle();
    if (auto problem = harden(context)) return std::unexpected{std::move(*problem)};
    if (SSL_CTX_set_default_verify_paths(context) != 1)
        return fail(errc::unreadable, "load the system's trust: " + take_openssl_reason());
    if (!ca_file.empty() && SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1)
        return unreadable("load CA", ca_file);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return made;
}

result<void> present_certificate(ssl::context& client, std::string const& certificate, std::string const& key) {
    ERR_clear_error();
    auto* const context = client.native_handle();
    if (auto problem = load_own_certificate(context, certificate, key)) return std::unexpected{std::move(*problem)};
    if (auto const not_after = read_not_after(context)) warn_when_expired(certificate, *not_after);
    return {};
}

}  // namespace voicehook::async
