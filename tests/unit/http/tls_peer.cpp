#include "tls_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace voicehook::test {
namespace {

using error_code = boost::system::error_code;

SSL* make_ssl(int highest_version) {
    auto* const context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, highest_version);
    auto* const made = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_bio(made, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(made);
    return made;
}

}  // namespace

tls_peer::tls_peer(int highest_version) : ssl_{make_ssl(highest_version), SSL_free} { work(); }

void tls_peer::write(std::string_view bytes) { note(SSL_write(ssl(), bytes.data(), static_cast<int>(bytes.size()))); }

void tls_peer::update_keys() {
    SSL_key_update(ssl(), SSL_KEY_UPDATE_REQUESTED);
    note(SSL_do_handshake(ssl()));
}

void tls_peer::work() {
    if (failed_) return;
    ERR_clear_error();
    if (!greeted()) note(SSL_do_handshake(ssl()));
    if (!greeted() || failed_) return;
    auto piece = std::array<char, 16 * 1024>{};
    auto count = SSL_read(ssl(), piece.data(), piece.size());
    for (; count > 0; count = SSL_read(ssl(), piece.data(), piece.size()))
        received_.append(piece.data(), static_cast<std::size_t>(count));
    note(count);
}

std::string& tls_peer::outbox() {
    auto piece = std::array<char, 16 * 1024>{};
    auto* const from = SSL_get_wbio(ssl());
    for (auto count = BIO_read(from, piece.data(), piece.size()); count > 0;
         count = BIO_read(from, piece.data(), piece.size()))
        outbox_.append(piece.data(), static_cast<std::size_t>(count));
    return outbox_;
}

void tls_peer::move(boost::asio::ip::tcp::socket& socket, std::size_t send_at_most, std::size_t read_at_most) {
    auto error = error_code{};
    socket.non_blocking(true, error);
    auto const offered = outbox().substr(0, send_at_most);
    if (!offered.empty()) outbox_.erase(0, socket.write_some(boost::asio::buffer(offered), error));

    if (read_at_most == 0) return;
    auto arrived = std::string(read_at_most, '\0');
    auto const count = socket.read_some(boost::asio::buffer(arrived), error);
    got_end_ = got_end_ || error == boost::asio::error::eof || error == boost::asio::error::connection_reset;
    if (count == 0) return;
    BIO_write(SSL_get_rbio(ssl()), arrived.data(), static_cast<int>(count));
    work();
}

void tls_peer::note(int result) {
    auto const what = SSL_get_error(ssl(), result);
    failed_ = failed_ || what == SSL_ERROR_SSL || what == SSL_ERROR_SYSCALL;
    ERR_clear_error();
}

}  // namespace voicehook::test
