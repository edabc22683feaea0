// The connection to a Redis server: reaching it, logging in, and as many answers as commands.
#pragma once

#include "async/resolver_pool.hpp"
#include "base/failure.hpp"
#include "base/secret.hpp"
#include "client/connection.hpp"
#include "sinks/redis/replies.hpp"
#include "sinks/shared_line.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::sinks::redis {

struct link_settings {
    std::string host;
    std::uint16_t port{};
    std::uint32_t database{};
    std::shared_ptr<boost::asio::ssl::context> tls;  ///< nothing: without TLS
    std::string username;
    secret password;  ///< empty: no login
    line_settings line{};
};

/// One command.
struct outgoing {
    std::string bytes;
};

/// `resolver` must outlive it.
class link final : public shared_line<outgoing, reply> {
public:
    link(asio::any_io_executor executor, async::resolver_pool& resolver, link_settings settings);
    ~link() override;

private:
    awaitable<bool> is_ready(deadline until) override;
    awaitable<problem> open(deadline until) override;
    awaitable<problem> exchange(batch const& errands, deadline until) override;
    void hang_up() noexcept override;

    [[nodiscard]] awaitable<result<void>> reach(deadline until);
    [[nodiscard]] awaitable<problem> log_in(deadline until);
    [[nodiscard]] awaitable<result<void>> read_answers(batch const& errands);
    [[nodiscard]] awaitable<result<reply>> read_reply();

    async::resolver_pool& resolver_;
    link_settings settings_;
    std::unique_ptr<client::connection> peer_;  ///< nothing: not connected
    std::unique_ptr<reply_reader> reader_;
    bool outdated_{};  ///< to be replaced, though it is open
};

}  // namespace voicehook::sinks::redis
