// The connection to one of several NATS servers: reaching it, logging in, and an answer to each publication.
#pragma once

#include "async/resolver_pool.hpp"
#include "base/failure.hpp"
#include "base/secret.hpp"
#include "client/connection.hpp"
#include "sinks/nats/operations.hpp"
#include "sinks/nats/publication.hpp"
#include "sinks/nats/verdict.hpp"
#include "sinks/shared_line.hpp"
#include "wire/nats_credentials.hpp"
#include "wire/nats_messages.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::sinks::nats {

struct server_place {
    std::string host;
    std::uint16_t port{};
};

struct link_settings {
    std::vector<server_place> servers;               ///< of one system, tried in turn
    std::shared_ptr<boost::asio::ssl::context> tls;  ///< nothing: without TLS
    std::string username;
    secret password;
    secret token;
    std::optional<wire::nats_credentials> credentials;
    std::string version;  ///< ours, for the server's logs
    line_settings line{};
};

/// A publication larger than the server takes is not sent. `resolver` must outlive it.
class link final : public shared_line<publication, reply> {
public:
    link(asio::any_io_executor executor, async::resolver_pool& resolver, link_settings settings);
    ~link() override;

    /// A subject for one answer; it is only ours.
    [[nodiscard]] std::string next_reply();

private:
    awaitable<bool> is_ready(deadline until) override;
    awaitable<problem> open(deadline until) override;
    awaitable<problem> exchange(batch const& errands, deadline until) override;
    void hang_up() noexcept override;

    [[nodiscard]] awaitable<problem> open_one(server_place const& where, deadline until);
    [[nodiscard]] awaitable<problem> greet(server_place const& where, deadline until);
    [[nodiscard]] awaitable<problem> log_in();
    [[nodiscard]] std::string hello() const;
    [[nodiscard]] awaitable<problem> wait_for_pong();
    [[nodiscard]] awaitable<problem> read_answers(batch const& errands, std::size_t open);
    [[nodiscard]] awaitable<result<operation>> read_operation();
    [[nodiscard]] awaitable<result<void>> write(std::string bytes);

    async::resolver_pool& resolver_;
    link_settings settings_;
    std::size_t next_server_{};
    std::string inbox_;
    std::uint64_t replies_{};
    std::unique_ptr<client::connection> peer_;  ///< nothing: not connected
    operation_reader reader_;
    wire::nats_info server_;
};

}  // namespace voicehook::sinks::nats
