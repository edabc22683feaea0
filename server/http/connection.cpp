#include "http/connection.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace voicehook::http {
namespace {

constexpr std::size_t read_size = 8 * 1024;

}  // namespace

connection::connection(asio::any_io_executor executor, std::unique_ptr<byte_stream> stream)
    : stream_{std::move(stream)}, timer_{std::move(executor)} {}

awaitable<arrival> connection::handshake(deadline until) {
    if (!begin(until)) co_return end(asio::error::operation_aborted);
    auto const error = co_await stream_->handshake();
    auto const outcome = end(error);
    auto const left_without_a_word = error == asio::error::eof || error == asio::error::connection_reset;
    co_return outcome == arrival::ended && !left_without_a_word && !aborted_ ? arrival::failed : outcome;
}

awaitable<arrival> connection::read_more(deadline until) {
    buffer_.erase(0, std::exchange(used_, 0));
    if (!begin(until)) co_return end(asio::error::operation_aborted);
    auto const had = buffer_.size();
    buffer_.resize(had + read_size);
    auto const [error, count] = co_await stream_->read_some(std::span{buffer_}.subspan(had));
    buffer_.resize(had + count);
    co_return end(error);
}

awaitable<arrival> connection::write(std::string_view bytes, deadline until) {
    if (!begin(until)) co_return end(asio::error::operation_aborted);
    auto const error = co_await stream_->write(bytes);
    co_return end(error);
}

awaitable<void> connection::say_goodbye(deadline until) {
    if (begin(until)) {
        co_await stream_->say_goodbye();
        static_cast<void>(end({}));
    }
    abort();
}

void connection::interrupt() {
    if (!pending_) return;
    interrupted_ = true;
    stream_->cancel();
}

void connection::abort() {
    aborted_ = true;
    timer_.cancel();
    stream_->close();
}

bool connection::begin(deadline until) {
    timed_out_ = until.passed();
    interrupted_ = false;
    if (aborted_ || timed_out_) return false;
    pending_ = true;
    if (timer_.expiry() == until.moment()) return true;

    timer_.expires_at(until.moment());
    timer_.async_wait([weak = weak_from_this()](byte_stream::error_code error) {
        auto const self = weak.lock();
        auto const is_stale = error || !self || self->timer_.expiry() > deadline::clock::now();
        if (is_stale || !self->pending_) return;
        self->timed_out_ = true;
        self->stream_->cancel();
    });
    return true;
}

arrival connection::end(byte_stream::error_code error) {
    pending_ = false;
    if (aborted_) return arrival::ended;
    if (!error) return arrival::done;
    if (timed_out_) return arrival::timed_out;
    return interrupted_ ? arrival::interrupted : arrival::ended;
}

}  // namespace voicehook::http
