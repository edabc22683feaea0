#include "sinks/redis/link.hpp"

#include "sinks/outcome_failure.hpp"
#include "sinks/redis/commands.hpp"
#include "sinks/redis/verdict.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::sinks::redis {
namespace {

constexpr std::size_t read_size = 8 * 1024;
constexpr auto reading = std::string_view{"read Redis's answer"};

}  // namespace

link::link(asio::any_io_executor executor, async::resolver_pool& resolver, link_settings settings)
    : shared_line{std::move(executor), settings.line}, resolver_{resolver}, settings_{std::move(settings)} {}

link::~link() = default;

awaitable<bool> link::is_ready(deadline /*until*/) { co_return peer_ && !outdated_ && peer_->silent_and_open(); }

awaitable<link::problem> link::open(deadline until) {
    auto const reached = co_await reach(until);
    if (!reached) co_return to_outcome(reached.error());
    auto const refused = co_await log_in(until);
    co_return refused;
}

awaitable<result<void>> link::reach(deadline until) {
    auto const endpoints = co_await resolver_.resolve(settings_.host, settings_.port, until);
    if (!endpoints) co_return unexpected{endpoints.error()};
    peer_ = std::make_unique<client::connection>(executor());
    reader_ = std::make_unique<reply_reader>();
    auto const connected = co_await peer_->connect(*endpoints, until);
    if (!connected || !settings_.tls) co_return connected;
    auto const shaken = co_await peer_->handshake(*settings_.tls, settings_.host, until);
    co_return shaken;
}

/// All of the login in one piece. A user who may not name the connection may still use it.
awaitable<link::problem> link::log_in(deadline until) {
    auto errands = batch{};
    auto const say = [&](std::vector<std::string_view> words) {
        errands.push_back(make_errand({command(words)}, until));
    };
    auto const database = std::to_string(settings_.database);
    if (!settings_.password.empty() && settings_.username.empty())
        say({"AUTH", settings_.password.reveal()});
    else if (!settings_.password.empty())
        say({"AUTH", settings_.username, settings_.password.reveal()});
    if (settings_.database != 0) say({"SELECT", database});
    auto const decisive = errands.size();
    say({"CLIENT", "SETNAME", "voicehook"});

    auto const ended = co_await exchange(errands, until);
    for (std::size_t i = 0; i < errands.size(); ++i) {
        if (!errands[i]->outcome) break;
        auto const& found = **errands[i]->outcome;
        if (i < decisive && found.is == reply::kind::error) co_return outcome_of_error(found.text);
        if (i >= decisive && ends_connection(found)) co_return outcome_of_error(found.text);
    }
    co_return ended;
}

awaitable<link::problem> link::exchange(batch const& errands, deadline until) {
    auto const bytes = join(errands);
    peer_->limit(until);
    auto const sent = co_await peer_->write(bytes, {});
    // Who hangs up on us may have said why: what has come in is read all the same.
    auto done = co_await read_answers(errands);
    peer_->lift_limit();
    if (!done && sent.error && done.error().code == errc::reset)
        done = unexpected{peer_->explain(sent.error, "write to Redis")};
    if (done && reader_->unread() != 0)
        done = fail(errc::protocol, fmt::format("{}: more than was asked for", reading));
    if (done) co_return std::nullopt;
    co_return to_outcome(done.error());
}

/// After a failure nothing more can be read.
awaitable<result<void>> link::read_answers(batch const& errands) {
    for (auto const& item : errands) {
        auto found = co_await read_reply();
        if (!found) co_return unexpected{std::move(found.error())};
        auto const last = ends_connection(*found);
        outdated_ = outdated_ || is_not_primary(*found);
        item->settle(std::move(*found));
        if (last) co_return fail(errc::reset, "Redis ended the connection");
    }
    co_return result<void>{};
}

awaitable<result<reply>> link::read_reply() {
    auto room = std::array<char, read_size>{};
    while (true) {
        auto found = reader_->next();
        if (!found) co_return unexpected{std::move(found.error())};
        if (*found) co_return std::move(**found);
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (async::stopping(cancellation)) co_return fail(errc::stopping, fmt::format("{}: cancelled", reading));
        auto const [error, count] = co_await peer_->read_some(room);
        if (error) co_return unexpected{peer_->explain(error, reading)};
        reader_->feed({room.data(), count});
    }
}

void link::hang_up() noexcept {
    peer_.reset();
    reader_.reset();
    outdated_ = false;
}

}  // namespace voicehook::sinks::redis
