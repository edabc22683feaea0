#include "http/connection.hpp"

#include "http/socket_io.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/errc.hpp>

#include <array>
#include <span>
#include <utility>

namespace voicehook::http {
namespace {

using tcp = asio::ip::tcp;

constexpr std::size_t read_size = 8 * 1024;
constexpr unsigned operations_per_turn = 16;

bool is_leaving(boost::system::error_code error) {
    return error == asio::error::eof || error == asio::error::connection_reset || error == asio::error::broken_pipe;
}

constexpr auto no_header = boost::system::errc::protocol_error;

/// Takes off the socket what belongs to a header, and leaves there what has arrived behind it. `header`: all of it so
/// far.
attempt receive_proxy_header(tcp::socket& socket, std::string& header, proxy_header& into) {
    std::array<char, max_proxy_header> scratch;
    auto const earlier = header.size();
    auto const seen = peek(socket, std::span{scratch}.first(scratch.size() - earlier));
    if (seen.error || seen.awaits) return seen;
    header.append(scratch.data(), seen.count);
    into = read_proxy_header(header);
    if (into.is == proxy_header::state::wrong) return {.error = make_error_code(no_header)};

    auto const is_complete = into.is == proxy_header::state::complete;
    if (is_complete) header.resize(into.length);
    auto const taken = receive(socket, std::span{scratch}.first(header.size() - earlier));
    if (taken.error || is_complete) return {.error = taken.error};
    return {.awaits = readiness::readable};
}

}  // namespace

connection::connection(asio::any_io_executor executor, std::unique_ptr<byte_stream> stream)
    : stream_{std::move(stream)}, timer_{std::move(executor)} {}

awaitable<std::expected<proxy_header, arrival>> connection::take_proxy_header(deadline until) {
    auto received = std::string{};
    auto header = proxy_header{};
    auto const outcome =
        co_await persist(until, {}, [&] { return receive_proxy_header(stream_->socket(), received, header); });
    if (outcome == arrival::done) co_return header;
    auto const went_wrong = outcome == arrival::ended && !aborted_ && last_error_ == no_header;
    co_return std::unexpected{went_wrong ? arrival::failed : outcome};
}

awaitable<arrival> connection::handshake(deadline until) {
    auto const outcome = co_await persist(until, {}, [this] { return stream_->try_handshake(); });
    auto const went_wrong = outcome == arrival::ended && !aborted_ && !is_leaving(last_error_);
    co_return went_wrong ? arrival::failed : outcome;
}

awaitable<arrival> connection::read_more(deadline until) {
    buffer_.erase(0, std::exchange(used_, 0));
    if (buffer_.empty()) buffer_.shrink_to_fit();
    auto const first = stream_->drained() ? std::optional{readiness::readable} : std::nullopt;
    return persist(until, first, [this] { return read_once(); });
}

awaitable<arrival> connection::write(std::string_view bytes, deadline until) {
    return persist(until, {}, [this, bytes]() mutable {
        auto const tried = stream_->try_write(bytes);
        bytes.remove_prefix(tried.count);
        return tried;
    });
}

awaitable<void> connection::say_goodbye(deadline until) {
    co_await persist(until, {}, [this] { return stream_->try_goodbye(); });
    abort();
}

void connection::interrupt() {
    if (!pending_) return;
    interrupted_ = true;
    cancel();
}

void connection::abort() {
    aborted_ = true;
    timer_.cancel();
    auto ignored = error_code{};
    stream_->socket().close(ignored);
}

template <class Step>
awaitable<arrival> connection::persist(deadline until, std::optional<readiness> first, Step step) {
    if (!begin(until)) co_return end(asio::error::operation_aborted);
    auto awaits = first;
    if (!awaits && ++without_a_wait_ > operations_per_turn) awaits = readiness::turn;
    for (;;) {
        if (awaits == readiness::turn) {
            co_await asio::post(timer_.get_executor(), asio::deferred);
        } else if (awaits) {
            auto const what = *awaits == readiness::readable ? tcp::socket::wait_read : tcp::socket::wait_write;
            auto const [error] = co_await stream_->socket().async_wait(what, asio::as_tuple(asio::deferred));
            auto const is_told_to_stop = timed_out_ || interrupted_;
            if (error && !is_told_to_stop) co_return end(error);
        }
        if (aborted_) co_return end(asio::error::operation_aborted);
        if (awaits) without_a_wait_ = 0;

        auto const tried = step();
        if (tried.error || !tried.awaits) co_return end(tried.error);
        if (timed_out_ || interrupted_) co_return end(asio::error::operation_aborted);
        awaits = tried.awaits;
    }
}

attempt connection::read_once() {
    std::array<char, read_size> arrived;
    auto const tried = stream_->try_read(arrived);
    buffer_.append(arrived.data(), tried.count);
    return tried;
}

bool connection::begin(deadline until) {
    timed_out_ = until.passed();
    interrupted_ = false;
    if (aborted_ || timed_out_) return false;
    pending_ = true;
    until_ = until;
    if (!watched_ || timer_.expiry() > until.moment()) watch_deadline();
    return true;
}

arrival connection::end(error_code error) {
    pending_ = false;
    last_error_ = error;
    if (aborted_) return arrival::ended;
    if (!error) return arrival::done;
    if (timed_out_) return arrival::timed_out;
    return interrupted_ ? arrival::interrupted : arrival::ended;
}

void connection::watch_deadline() {
    watched_ = true;
    timer_.expires_at(until_.moment());
    timer_.async_wait([weak = weak_from_this()](error_code error) {
        auto const self = weak.lock();
        auto const is_stale = error || !self || self->timer_.expiry() > deadline::clock::now();
        if (!is_stale) self->look_at_deadline();
    });
}

/// Deadlines mostly move away while the timer runs: it is set again only when it ends, not at each operation.
void connection::look_at_deadline() {
    watched_ = false;
    if (!pending_) return;
    if (!until_.passed()) return watch_deadline();
    timed_out_ = true;
    cancel();
}

void connection::cancel() {
    auto ignored = error_code{};
    stream_->socket().cancel(ignored);
}

}  // namespace voicehook::http
