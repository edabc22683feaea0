#include "async/tls_context.hpp"

#include "base/log.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace voicehook::async {
namespace {

namespace ssl = boost::asio::ssl;

constexpr auto tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// The oldest reason in OpenSSL's queue, which is emptied: those after it say who was told.
std::string take_openssl_reason() {
    auto const code = ERR_peek_error();
    ERR_clear_error();
    if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
    auto const* text = code == 0 ? nullptr : ERR_reason_error_string(code);
    return text == nullptr ? "unknown reason" : text;
}

/// The commonest mistakes in words; nothing for others. `wanted` is what should be in the file.
std::optional<std::string> mistake_in_words(unsigned long code, std::string_view wanted) {
    auto const is = [code](int library, int reason) {
        return ERR_GET_LIB(code) == library && ERR_GET_REASON(code) == reason;
    };
    if (is(ERR_LIB_PEM, PEM_R_NO_START_LINE) || is(ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND) ||
        is(ERR_LIB_OSSL_DECODER, ERR_R_UNSUPPORTED))
        return fmt::format("it holds no {} in PEM", wanted);
    if (is(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH) || is(ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH) ||
        is(ERR_LIB_SSL, SSL_R_NO_CERTIFICATE_ASSIGNED))
        return "it is not the key of the certificate";
    return std::nullopt;
}

failure unreadable(std::string_view wanted, std::string const& file) {
    auto words = mistake_in_words(ERR_peek_error(), wanted);
    auto const reason = take_openssl_reason();
    return {errc::unreadable, fmt::format("load {} {}: {}", wanted, file, words.value_or(reason))};
}

/// Never asks at a terminal, but notes in the bool at `asked` that a passphrase is needed.
int refuse_passphrase(char*, int, int, void* asked) {
    if (asked != nullptr) *static_cast<bool*>(asked) = true;
    return -1;
}

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
    SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_cipher_list(context, tls12_ciphers) == 1)
        return std::nullopt;
    return failure{errc::unreadable, "set TLS versions and ciphers: " + take_openssl_reason()};
}

std::optional<failure> load_private_key(SSL_CTX* context, std::string const& file) {
    auto encrypted = false;
    SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
    auto const loaded = SSL_CTX_use_PrivateKey_file(context, file.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    if (loaded && SSL_CTX_check_private_key(context) == 1) return std::nullopt;
    auto why = unreadable("private key", file);
    if (encrypted) why.doing = fmt::format("load private key {}: it is encrypted: remove its passphrase", file);
    return why;
}

/// The chain and the key that fits it.
std::optional<failure> load_own_certificate(SSL_CTX* context, std::string const& certificate, std::string const& key) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return unreadable("certificate", certificate);
    return load_private_key(context, key);
}

/// When the context's own certificate, from this file, ends. That it is over is only told.
result<instant> read_not_after(SSL_CTX* context, std::string const& file) {
    auto const* certificate = SSL_CTX_get0_certificate(context);
    auto broken_down = std::tm{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &broken_down) != 1)
        return fail(errc::unreadable, fmt::format("load certificate {}: its end cannot be read", file));
    auto const not_after = instant{std::chrono::seconds{timegm(&broken_down)}};
    if (not_after < std::chrono::system_clock::now())
        log_warning("certificate_expired", {{"file", file}, {"not_after", to_rfc3339(not_after)}});
    return not_after;
}

std::optional<failure> require_client_certificates(SSL_CTX* context, std::string const& file) {
    ERR_clear_error();
    auto* names = SSL_load_client_CA_file(file.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(context, file.c_str()) != 1)
        return unreadable("client CA certificate", file);
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return std::nullopt;
}

std::optional<failure> load_trust(SSL_CTX* context, std::string const& ca_file) {
    if (SSL_CTX_set_default_verify_paths(context) != 1)
        return failure{errc::unreadable, "load the system's trust: " + take_openssl_reason()};
    ERR_clear_error();
    if (!ca_file.empty() && SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1)
        return unreadable("CA certificate", ca_file);
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

    auto const not_after = read_not_after(context, files.certificate);
    if (!not_after) return std::unexpected{not_after.error()};
    return server_tls{.context = std::move(made), .not_after = *not_after};
}

result<std::shared_ptr<ssl::context>> trust_stores::make_client(std::string const& ca_file) {
    ERR_clear_error();
    auto made = std::make_shared<ssl::context>(ssl::context::tls_client);
    auto* const context = made->native_handle();
    if (auto problem = harden(context)) return std::unexpected{std::move(*problem)};
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (auto const known = by_file_.find(ca_file); known != by_file_.end()) {
        SSL_CTX_set1_cert_store(context, known->second.get());
        return made;
    }
    if (auto problem = load_trust(context, ca_file)) return std::unexpected{std::move(*problem)};
    auto* const store = SSL_CTX_get_cert_store(context);
    X509_STORE_up_ref(store);
    by_file_.emplace(ca_file, std::shared_ptr<X509_STORE>{store, X509_STORE_free});
    return made;
}

result<std::shared_ptr<ssl::context>> make_client_tls(std::string const& ca_file) {
    return trust_stores{}.make_client(ca_file);
}

result<instant> present_certificate(ssl::context& client, std::string const& certificate, std::string const& key) {
    auto* const context = client.native_handle();
    if (auto problem = load_own_certificate(context, certificate, key)) return std::unexpected{std::move(*problem)};
    return read_not_after(context, certificate);
}

}  // namespace voicehook::async
