#include "sinks/nats/link.hpp"

#include "base/encoding.hpp"
#include "base/random.hpp"
#include "sinks/outcome_failure.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace voicehook::sinks::nats {
namespace {

constexpr std::size_t read_size = 8 * 1024;
constexpr auto try_limit = 2s;  ///< for a connection that was idle to show that it still is one
constexpr auto reading = std::string_view{"read from NATS"};

core::attempt_outcome unfit(core::delivery_cause cause, std::string what) {
    return {.failed = cause, .answer = std::move(what)};
}

}  // namespace

link::link(asio::any_io_executor executor, async::resolver_pool& resolver, link_settings settings)
    : shared_line{std::move(executor), settings.line},
      resolver_{resolver},
      settings_{std::move(settings)},
      inbox_{fmt::format("_INBOX.{}", to_hex(random_bytes(12)))} {}

link::~link() = default;

std::string link::next_reply() { return fmt::format("{}.{}", inbox_, ++replies_); }

/// Servers send PING now and then, which nobody reads while the connection is idle.
awaitable<bool> link::is_ready(deadline until) {
    if (!peer_ || server_.leaving) co_return false;
    if (reader_.unread() == 0 && peer_->silent_and_open()) co_return true;
    peer_->limit(until.within(try_limit));
    auto const asked = co_await write("PING\r\n");
    auto found = problem{};
    if (asked)
        found = co_await wait_for_pong();
    else
        found = to_outcome(asked.error());
    peer_->lift_limit();
    co_return !found && !server_.leaving;
}

awaitable<link::problem> link::open(deadline until) {
    auto found = problem{};
    auto const count = settings_.servers.size();
    for (std::size_t tried = 0; tried < count; ++tried) {
        auto const where = settings_.servers[next_server_];
        auto const share = until.left() / static_cast<duration::rep>(count - tried);
        found = co_await open_one(where, until.within(share));
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (!found || async::stopping(cancellation)) co_return found;
        next_server_ = (next_server_ + 1) % count;
    }
    co_return found;
}

awaitable<link::problem> link::open_one(server_place const& where, deadline until) {
    hang_up();
    auto const endpoints = co_await resolver_.resolve(where.host, where.port, until);
    if (!endpoints) co_return to_outcome(endpoints.error());
    peer_ = std::make_unique<client::connection>(executor());
    auto const connected = co_await peer_->connect(*endpoints, until);
    if (!connected) co_return to_outcome(connected.error());
    auto found = co_await greet(where, until);
    if (found) co_return found;
    peer_->limit(until);
    found = co_await log_in();
    peer_->lift_limit();
    co_return found;
}

/// The server speaks first, in clear; what it says there only decides how to go on.
awaitable<link::problem> link::greet(server_place const& where, deadline until) {
    peer_->limit(until);
    auto const first = co_await read_operation();
    peer_->lift_limit();
    if (!first) co_return to_outcome(first.error());
    if (first->is == operation::kind::error) co_return outcome_of_error(first->text);
    auto const info = wire::read_nats_info(first->text);
    if (first->is != operation::kind::info || !info)
        co_return unfit(core::delivery_cause::protocol, "this is no NATS server: it does not begin with INFO");
    server_ = *info;
    if (!server_.headers)
        co_return unfit(core::delivery_cause::unavailable, "the server is too old for headers: 2.2 or later is needed");
    if (!settings_.tls) {
        if (server_.tls_required)
            co_return unfit(core::delivery_cause::tls, "the server wants TLS: write tls:// in servers");
        co_return std::nullopt;
    }
    if (!server_.tls_required && !server_.tls_available)
        co_return unfit(core::delivery_cause::tls, "the server offers no TLS: set it up there, or write nats://");
    if (reader_.unread() != 0)
        co_return unfit(core::delivery_cause::protocol, "the server says more in clear than it may");
    auto const shaken = co_await peer_->handshake(*settings_.tls, where.host, until);
    if (!shaken) co_return to_outcome(shaken.error());
    co_return std::nullopt;
}

awaitable<link::problem> link::log_in() {
    auto const said = co_await write(fmt::format("CONNECT {}\r\nSUB {}.* 1\r\nPING\r\n", hello(), inbox_));
    // Who hangs up on us may have said why: what has come in is read all the same.
    auto found = co_await wait_for_pong();
    if (found && !said && found->failed == core::delivery_cause::reset) found = to_outcome(said.error());
    co_return found;
}

std::string link::hello() const {
    auto out = wire::nats_hello{.name = "voicehook",
                                .version = settings_.version,
                                .encrypted = peer_->encrypted(),
                                .username = settings_.username,
                                .password = settings_.password,
                                .token = settings_.token};
    if (settings_.credentials) {
        out.jwt = settings_.credentials->jwt;
        out.signature = wire::sign_nonce(*settings_.credentials, server_.nonce);
    }
    return wire::render_nats_hello(out);
}

awaitable<link::problem> link::wait_for_pong() {
    while (true) {
        auto const found = co_await read_operation();
        if (!found) co_return to_outcome(found.error());
        if (found->is == operation::kind::pong) co_return std::nullopt;
        if (found->is == operation::kind::error) co_return outcome_of_error(found->text);
    }
}

awaitable<link::problem> link::exchange(batch const& errands, deadline until) {
    auto open = batch{};
    for (auto const& item : errands) {
        if (server_.max_payload != 0 && item->request.size > server_.max_payload)
            item->settle(std::unexpected{too_large(item->request.size, server_.max_payload)});
        else
            open.push_back(item);
    }
    if (open.empty()) co_return std::nullopt;
    peer_->limit(until);
    auto const sent = co_await write(join(open));
    auto found = co_await read_answers(open, open.size());
    peer_->lift_limit();
    if (found && !sent && found->failed == core::delivery_cause::reset) found = to_outcome(sent.error());
    co_return found;
}

/// Reads until each has an answer. After a problem nothing more can be read.
awaitable<link::problem> link::read_answers(batch const& errands, std::size_t open) {
    auto const settle = [&](auto const& fits, answer const& with) {
        for (auto const& item : errands) {
            if (item->outcome || !fits(item->request)) continue;
            item->settle(with);
            --open;
        }
    };
    while (open != 0) {
        auto found = co_await read_operation();
        if (!found) co_return to_outcome(found.error());
        if (found->is == operation::kind::message) {
            auto const with = reply{found->status, std::move(found->payload)};
            settle([&](publication const& each) { return each.reply == found->subject; }, with);
        } else if (found->is == operation::kind::error) {
            auto const outcome = outcome_of_error(found->text);
            auto const refused = refused_subject(found->text);
            if (!refused) co_return outcome;
            settle([&](publication const& each) { return each.subject == *refused; }, std::unexpected{outcome});
        }
    }
    co_return std::nullopt;
}

/// The next operation that means something here: PING is answered, and what INFO changes is noted.
awaitable<result<operation>> link::read_operation() {
    auto room = std::array<char, read_size>{};
    while (true) {
        auto found = reader_.next();
        if (!found) co_return unexpected{std::move(found.error())};
        if (*found && (*found)->is == operation::kind::ping) {
            auto const answered = co_await write("PONG\r\n");
            if (!answered) co_return unexpected{answered.error()};
            continue;
        }
        if (*found && (*found)->is == operation::kind::info && server_.headers) {
            if (auto const info = wire::read_nats_info((*found)->text)) {
                server_.leaving = info->leaving;
                if (info->max_payload != 0) server_.max_payload = info->max_payload;
            }
            continue;
        }
        if (*found) co_return std::move(**found);

        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (async::stopping(cancellation)) co_return fail(errc::stopping, fmt::format("{}: cancelled", reading));
        auto const [error, count] = co_await peer_->read_some(room);
        if (error) co_return unexpected{peer_->explain(error, reading)};
        reader_.feed({room.data(), count});
    }
}

awaitable<result<void>> link::write(std::string bytes) {
    auto const [error, count] = co_await peer_->write(bytes, {});
    if (error) co_return unexpected{peer_->explain(error, "write to NATS")};
    co_return result<void>{};
}

void link::hang_up() noexcept {
    peer_.reset();
    reader_ = {};
    server_ = {};
}

}  // namespace voicehook::sinks::nats
