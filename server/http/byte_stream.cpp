#include "http/byte_stream.hpp"

#include "http/socket_io.hpp"

#include <utility>

namespace voicehook::http {
namespace {

using tcp = asio::ip::tcp;

class plain_stream final : public byte_stream {
public:
    explicit plain_stream(tcp::socket socket) : socket_{std::move(socket)} {}

    attempt try_handshake() override { return {}; }
    attempt try_read(std::span<char> into) override {
        auto const tried = receive(socket_, into);
        drained_ = tried.count < into.size();
        return tried;
    }
    attempt try_write(std::string_view bytes) override {
        if (bytes.empty()) return {};
        auto const offered = bytes.substr(0, bytes_per_turn);
        auto tried = send(socket_, offered);
        if (tried.error || tried.count == bytes.size()) return tried;
        tried.awaits = tried.count == offered.size() ? readiness::turn : readiness::writable;
        return tried;
    }
    attempt try_goodbye() override {
        end_sending();
        return {};
    }
    bool drained() const override { return drained_; }
    void end_sending() override { end_sending_on(socket_); }
    tcp::socket& socket() override { return socket_; }

private:
    tcp::socket socket_;
    bool drained_{};
};

}  // namespace

std::unique_ptr<byte_stream> create_plain_stream(tcp::socket socket) {
    return std::make_unique<plain_stream>(std::move(socket));
}

}  // namespace voicehook::http
