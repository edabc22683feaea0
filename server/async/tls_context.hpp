// TLS settings for listeners and clients, made from files (platform rules: TLS ≥ 1.2, ECDHE + AEAD, no renegotiation).
#pragma once

#include "base/failure.hpp"
#include "base/time.hpp"

#include <map>
#include <memory>
#include <string>

struct x509_store_st;  // OpenSSL's X509_STORE

namespace boost::asio::ssl {
class context;
}

namespace voicehook::async {

struct server_tls_files {
    std::string certificate;  ///< PEM chain
    std::string key;          ///< PEM
    std::string client_ca;    ///< PEM; empty: no client certificates
};

/// A context for a listener, and when its certificate ends.
struct server_tls {
    std::shared_ptr<boost::asio::ssl::context> context;
    instant not_after;
};

/// `unreadable` with the file's name and what is wrong: missing, not PEM, key does not fit, expired is only a warning.
[[nodiscard]] result<server_tls> make_server_tls(server_tls_files const& files);

/// What clients trust. Each file is read once, and all clients that name it share what was in it: the system's
/// authorities alone take almost a megabyte.
class trust_stores {
public:
    /// Verifies peers against the system's trust and, if not empty, `ca_file`. `unreadable` names the file.
    [[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_client(std::string const& ca_file);
    /// The files are read again from now on; clients that there are keep what they have.
    void forget() { by_file_.clear(); }

private:
    std::map<std::string, std::shared_ptr<x509_store_st>> by_file_;
};

/// The same for a client on its own.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_client_tls(std::string const& ca_file);

/// Has a client show its own certificate (mutual TLS): a PEM chain and the key that fits it. Returns when the
/// certificate ends. `unreadable` with the file's name and what is wrong; expired is only a warning.
[[nodiscard]] result<instant> present_certificate(boost::asio::ssl::context& client, std::string const& certificate,
                                                  std::string const& key);

}  // namespace voicehook::async
