#include "http/byte_stream.hpp"
#include "http/socket_io.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <new>
#include <utility>

namespace voicehook::http {
namespace {

namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;

constexpr auto records_per_turn = bytes_per_turn / SSL3_RT_MAX_PLAIN_LENGTH;
constexpr auto receives_per_turn = 2U;

/// What OpenSSL reads from and writes to. A closed socket has no descriptor, so OpenSSL never touches a number that the
/// system has given to somebody else meanwhile. What is received for one operation is bounded: OpenSSL would read
/// records that carry no data (key updates) as long as they come.
struct transport {
    tcp::socket socket;
    attempt last{};       ///< to receive or to send, since the present operation began
    unsigned receives{};  ///< since the present operation began
    bool drained{};       ///< the last receive took all there was
};

transport& transport_of(BIO* bio) { return *static_cast<transport*>(BIO_get_data(bio)); }

int read_transport(BIO* bio, char* into, std::size_t size, std::size_t* count) {
    auto& below = transport_of(bio);
    BIO_clear_retry_flags(bio);
    auto const may_receive = ++below.receives <= receives_per_turn;
    below.last = may_receive ? receive(below.socket, {into, size}) : attempt{.awaits = readiness::turn};
    below.drained = may_receive && below.last.count < size;
    if (below.last.awaits) BIO_set_retry_read(bio);
    *count = below.last.count;
    return below.last.count > 0 ? 1 : 0;
}

int write_transport(BIO* bio, char const* bytes, std::size_t size, std::size_t* count) {
    auto& below = transport_of(bio);
    BIO_clear_retry_flags(bio);
    below.last = send(below.socket, {bytes, size});
    if (below.last.awaits) BIO_set_retry_write(bio);
    *count = below.last.count;
    return below.last.count > 0 ? 1 : 0;
}

/// Nothing is kept back, so there is nothing to flush. The end is not told as an end (BIO_CTRL_EOF): OpenSSL would
/// answer it with an alert to somebody who is no longer there.
long control_transport(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_transport_method() {
    auto* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "voicehook socket");
    if (made == nullptr) throw std::bad_alloc{};
    BIO_meth_set_read_ex(made, read_transport);
    BIO_meth_set_write_ex(made, write_transport);
    BIO_meth_set_ctrl(made, control_transport);
    return made;
}

BIO* make_bio(transport& below) {
    static auto* const method = make_transport_method();
    auto* const made = BIO_new(method);
    if (made == nullptr) throw std::bad_alloc{};
    BIO_set_data(made, &below);
    BIO_set_init(made, 1);
    return made;
}

struct ssl_free {
    void operator()(SSL* one) const { SSL_free(one); }
};
using ssl_handle = std::unique_ptr<SSL, ssl_free>;

/// One record costs one receive, for OpenSSL reads ahead; its buffers last only as long as something is in them.
ssl_handle make_ssl(SSL_CTX* context, transport& below) {
    auto made = ssl_handle{SSL_new(context)};
    if (!made) throw std::bad_alloc{};
    auto* const bio = make_bio(below);
    SSL_set_bio(made.get(), bio, bio);
    SSL_set_accept_state(made.get());
    SSL_set_read_ahead(made.get(), 1);
    SSL_set_mode(made.get(),
                 SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
}

class tls_stream final : public byte_stream {
public:
    tls_stream(tcp::socket socket, SSL_CTX* context) : below_{std::move(socket)}, ssl_{make_ssl(context, below_)} {}

    attempt try_handshake() override {
        begin();
        auto tried = judge(SSL_do_handshake(ssl_.get()));
        if (tried.error == ssl::error::stream_truncated) tried.error = asio::error::eof;
        return tried;
    }

    attempt try_read(std::span<char> into) override {
        auto count = std::size_t{};
        begin();
        auto tried = judge(SSL_read_ex(ssl_.get(), into.data(), into.size(), &count));
        tried.count = count;
        return tried;
    }

    attempt try_write(std::string_view bytes) override {
        auto sent = std::size_t{};
        for (auto records = std::size_t{}; sent < bytes.size(); ++records) {
            if (records == records_per_turn) return {.count = sent, .awaits = readiness::turn};
            auto count = std::size_t{};
            begin();
            auto tried = judge(SSL_write_ex(ssl_.get(), bytes.data() + sent, bytes.size() - sent, &count));
            sent += count;
            tried.count = sent;
            if (tried.error || tried.awaits) return tried;
        }
        return {.count = sent};
    }

    attempt try_goodbye() override {
        auto const told = tell_end();
        if (told.awaits) return told;
        auto const answered = told.error ? told : discard();
        if (answered.awaits) return answered;
        end_sending_on(below_.socket);
        return {};
    }

    bool drained() const override { return below_.drained && SSL_has_pending(ssl_.get()) == 0; }
    void end_sending() override {}
    tcp::socket& socket() override { return below_.socket; }

private:
    /// Each operation of OpenSSL is judged by the queue of errors of its thread, which must be empty before.
    void begin() {
        if (ERR_peek_error() != 0) ERR_clear_error();
        below_.last = {};
        below_.receives = 0;
    }

    attempt judge(int result) {
        if (result > 0) return {};
        switch (SSL_get_error(ssl_.get(), result)) {
            case SSL_ERROR_WANT_READ: return {.awaits = below_.last.awaits.value_or(readiness::turn)};
            case SSL_ERROR_WANT_WRITE: return {.awaits = readiness::writable};
            case SSL_ERROR_ZERO_RETURN: return {.error = asio::error::eof};
            case SSL_ERROR_SYSCALL: {
                auto const is_cut = !below_.last.error || below_.last.error == asio::error::eof;
                return fail(is_cut ? error_code{ssl::error::stream_truncated} : below_.last.error);
            }
            default: return fail(take_error());
        }
    }

    /// OpenSSL forbids to shut down what has failed.
    attempt fail(error_code error) {
        failed_ = true;
        ERR_clear_error();
        return {.error = error};
    }

    static error_code take_error() {
        auto const code = ERR_get_error();
        if (code == 0) return ssl::error::unspecified_system_error;
        return {static_cast<int>(code), asio::error::get_ssl_category()};
    }

    /// Sends close_notify, once.
    attempt tell_end() {
        if (failed_) return {.error = asio::error::not_connected};
        if (end_is_told_) return {};
        begin();
        auto const result = SSL_shutdown(ssl_.get());
        if (result < 0) return judge(result);
        end_is_told_ = true;
        return {};
    }

    /// Throws away what still comes, until the client's close_notify or the end.
    attempt discard() {
        std::array<char, 4096> scratch;
        for (auto reads = std::size_t{}; reads < records_per_turn; ++reads) {
            auto const tried = try_read(scratch);
            if (tried.error || tried.awaits) return tried;
        }
        return {.awaits = readiness::turn};
    }

    transport below_;
    ssl_handle ssl_;
    bool failed_{};
    bool end_is_told_{};
};

}  // namespace

std::unique_ptr<byte_stream> create_tls_stream(tcp::socket socket, std::shared_ptr<ssl::context> const& context) {
    return std::make_unique<tls_stream>(std::move(socket), context->native_handle());
}

}  // namespace voicehook::http
