#include "client/https_exchange.hpp"

#include "client/text_match.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace voicehook::client {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t read_size = 16 * 1024;
constexpr std::size_t framing_allowance = 16 * 1024;
constexpr int max_informational = 8;
constexpr auto drop_limit = 2s;
constexpr auto reading = std::string_view{"read the answer"};

std::unexpected<failure> broken_protocol(std::string_view what) {
    return fail(errc::protocol, fmt::format("{}: {}", reading, what));
}

std::unexpected<failure> too_large(std::string_view what) {
    return fail(errc::too_large, fmt::format("{}: {}", reading, what));
}

/// Reads one answer. The parser sees the header block first and the body only after the framing was found sound.
class answer_reader {
public:
    answer_reader(connection& peer, exchange_order const& order) : peer_{peer}, order_{order} { begin_message(); }

    [[nodiscard]] awaitable<result<void>> read_header();
    [[nodiscard]] awaitable<result<void>> read_body();
    [[nodiscard]] bool has_bytes() const noexcept { return received_ > 0; }
    [[nodiscard]] bool body_may_be_read() const;
    /// Whether the body is for somebody: else it is dropped.
    [[nodiscard]] bool body_is_wanted() const;
    [[nodiscard]] exchange_end finish();

private:
    using parser_type = http::response_parser<http::string_body>;

    void begin_message();
    result<void> parse();
    [[nodiscard]] result<void> check_framing() const;
    void keep_headers();
    [[nodiscard]] awaitable<result<void>> hand_on(std::string piece);
    [[nodiscard]] awaitable<result<void>> receive();
    [[nodiscard]] result<void> end_of_stream(error_code error);

    connection& peer_;
    exchange_order const& order_;
    std::optional<parser_type> parser_;
    std::string pending_;  ///< received and not yet taken by the parser
    std::size_t received_{};
    outbound_response answer_;
};

void answer_reader::begin_message() {
    parser_.emplace();
    parser_->header_limit(max_answer_header);
    parser_->body_limit(boost::none);
    parser_->skip(order_.expects == exchange_order::answer::headers_only);
}

result<void> answer_reader::parse() {
    while (!pending_.empty() && !parser_->is_done()) {
        auto const had_header = parser_->is_header_done();
        auto error = error_code{};
        auto const taken = parser_->put(boost::asio::buffer(pending_), error);
        pending_.erase(0, taken);
        if (error == http::error::need_more) return {};
        if (error == http::error::header_limit) return too_large("its header");
        if (error) return broken_protocol(error.message());
        if (!had_header && parser_->is_header_done()) return {};
        if (taken == 0) return {};
    }
    return {};
}

/// A cancellation that came while nothing waited, such as during what takes the body, met no operation that could end.
awaitable<result<void>> answer_reader::receive() {
    auto const cancellation = co_await boost::asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != boost::asio::cancellation_type::none)
        co_return fail(errc::stopping, fmt::format("{}: cancelled", reading));
    auto room = std::array<char, read_size>{};
    auto const got = co_await peer_.read_some(room);
    pending_.append(room.data(), got.bytes);
    received_ += got.bytes;
    if (got.error) co_return end_of_stream(got.error);
    if (received_ > max_answer_header + 2 * order_.max_response_body + framing_allowance)
        co_return too_large("too many bytes");
    co_return result<void>{};
}

/// Only a body without length may end with the stream, and only when the peer ended it properly (RFC 9112, 9.8).
result<void> answer_reader::end_of_stream(error_code error) {
    if (error != boost::asio::error::eof || !parser_->is_header_done() || !parser_->need_eof())
        return std::unexpected{peer_.explain(error, reading)};
    auto unfinished = error_code{};
    parser_->put_eof(unfinished);
    if (unfinished) return fail(errc::reset, fmt::format("{}: {}", reading, unfinished.message()));
    return {};
}

awaitable<result<void>> answer_reader::read_header() {
    for (auto informational = 0;;) {
        auto const parsed = parse();
        if (!parsed) co_return parsed;
        if (!parser_->is_header_done()) {
            auto const received = co_await receive();
            if (!received) co_return received;
            continue;
        }
        auto const status = parser_->get().result_int();
        if (status >= 200) break;
        if (status < 100 || status == 101 || ++informational > max_informational)
            co_return broken_protocol("an unexpected informational answer");
        begin_message();
    }
    keep_headers();
    co_return check_framing();
}

void answer_reader::keep_headers() {
    answer_.status = static_cast<int>(parser_->get().result_int());
    for (auto const& field : parser_->get()) answer_.headers.emplace_back(field.name_string(), field.value());
}

/// What Beast 1.81 lets through although two readers could see two different bodies in it.
result<void> answer_reader::check_framing() const {
    auto const& message = parser_->get();
    auto const codings = message.count(http::field::transfer_encoding);
    auto const lengths = message.count(http::field::content_length);
    if (lengths > 1) return broken_protocol("two lengths");
    if (codings == 0) return {};
    auto const coding = std::string_view{message[http::field::transfer_encoding]};
    if (codings > 1 || lengths > 0 || message.version() != 11 || !equal_ignoring_case(coding, "chunked"))
        return broken_protocol("its transfer coding");
    return {};
}

bool answer_reader::body_may_be_read() const {
    auto const length = parser_->content_length();
    return !length || *length <= order_.max_response_body;
}

bool answer_reader::body_is_wanted() const {
    if (order_.answer_body != body_use::hand_on) return order_.answer_body == body_use::keep;
    return answer_.status >= 200 && answer_.status < 300;
}

awaitable<result<void>> answer_reader::hand_on(std::string piece) {
    if (piece.empty()) co_return result<void>{};
    auto const taken = co_await (*order_.on_body)(piece);
    co_return taken;
}

awaitable<result<void>> answer_reader::read_body() {
    if (parser_->is_done()) co_return result<void>{};
    if (!body_may_be_read()) co_return too_large("its body");
    parser_->eager(true);
    auto dropped = std::size_t{0};
    for (;;) {
        auto const parsed = parse();
        if (!parsed) co_return parsed;
        auto& body = parser_->get().body();
        if (dropped + body.size() > order_.max_response_body) co_return too_large("its body");
        if (body_is_wanted() && order_.answer_body == body_use::hand_on) {
            dropped += body.size();
            auto const taken = co_await hand_on(std::exchange(body, {}));
            if (!taken) co_return taken;
        } else if (!body_is_wanted()) {
            answer_.body.append(body, 0, kept_of_dropped - answer_.body.size());
            dropped += std::exchange(body, {}).size();
        }
        if (parser_->is_done()) co_return result<void>{};
        auto const received = co_await receive();
        if (!received) co_return received;
        if (parser_->is_done()) co_return result<void>{};
    }
}

exchange_end answer_reader::finish() {
    using then = exchange_end::connection_state;
    auto const clean = parser_->is_done() && pending_.empty() && !parser_->need_eof() && parser_->get().keep_alive();
    if (order_.answer_body == body_use::keep) answer_.body = std::move(parser_->get().body());
    return {std::move(answer_), clean ? then::reusable : then::spent};
}

/// Reads a body that nobody wants, so that the connection can be used again; no failure of it matters.
awaitable<void> drop_body(connection& peer, answer_reader& reader, deadline until) {
    if (!reader.body_may_be_read()) co_return;
    peer.limit(until.within(drop_limit));
    static_cast<void>(co_await reader.read_body());
}

exchange_progress progress_of(answer_reader const& reader) {
    return reader.has_bytes() ? exchange_progress::answering : exchange_progress::written;
}

}  // namespace

awaitable<std::expected<exchange_end, exchange_break>> exchange(connection& peer, exchange_order order,
                                                                deadline until) {
    peer.limit(until);
    auto const written = co_await peer.write(order.head, order.body);
    auto write_failure = std::optional<failure>{};
    if (written.error) {
        write_failure = peer.explain(written.error, "write the request");
        // Plain bytes are counted as the kernel takes them; of TLS records only OpenSSL knows.
        auto const reached =
            written.bytes == 0 && !peer.encrypted() ? exchange_progress::nothing_written : exchange_progress::written;
        if (write_failure->code != errc::reset || reached == exchange_progress::nothing_written)
            co_return unexpected{exchange_break{std::move(*write_failure), reached}};
    }

    // A peer that stopped reading may have answered already: "413" is worth more than "reset".
    auto reader = answer_reader{peer, order};
    auto const header = co_await reader.read_header();
    if (!header) co_return unexpected{exchange_break{write_failure.value_or(header.error()), progress_of(reader)}};

    if (!reader.body_is_wanted()) {
        co_await drop_body(peer, reader, until);
    } else {
        auto const body = co_await reader.read_body();
        if (!body) co_return unexpected{exchange_break{body.error(), progress_of(reader)}};
    }
    peer.lift_limit();
    auto end = reader.finish();
    if (write_failure) end.then = exchange_end::connection_state::spent;
    co_return end;
}

}  // namespace voicehook::client
