#include "http/request_parser.hpp"

#include "http/message_text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <utility>

namespace voicehook::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t usual_fields = 16;
constexpr std::uint32_t largest_head = 1024 * 1024;  ///< the session's own limit is the one that counts

std::string copy(beast::string_view text) { return std::string{text.data(), text.size()}; }

class beast_request_parser final : public request_parser {
public:
    beast_request_parser() {
        parser_.header_limit(largest_head);
        parser_.body_limit(boost::none);
    }

    result<parsed_head> take_head(std::string_view block) override {
        auto error = beast::error_code{};
        auto const used = parser_.put(asio::buffer(block.data(), block.size()), error);
        if (error || used != block.size() || !parser_.is_header_done())
            return fail(errc::protocol, "parse a header block: " + error.message());
        parser_.eager(true);
        return describe();
    }

    result<std::size_t> take_body(std::string_view bytes) override {
        auto error = beast::error_code{};
        auto const used = parser_.put(asio::buffer(bytes.data(), bytes.size()), error);
        if (error == beast::http::error::body_limit || error == beast::http::error::buffer_overflow)
            return fail(errc::too_large, "parse a body");
        if (error && error != beast::http::error::need_more)
            return fail(errc::protocol, "parse a body: " + error.message());
        return used;
    }

    void limit_body(std::size_t limit) override { parser_.body_limit(limit); }
    bool done() const override { return parser_.is_done(); }
    std::string release_body() override { return std::move(parser_.get().body()); }

private:
    parsed_head describe() const {
        auto const& message = parser_.get();
        auto head = parsed_head{.method = copy(message.method_string()), .target = copy(message.target())};
        head.headers.reserve(usual_fields);
        for (auto const& field : message) head.headers.emplace_back(copy(field.name_string()), copy(field.value()));
        if (auto const length = parser_.content_length()) head.content_length = *length;
        head.chunked = parser_.chunked();
        head.http_one_zero = message.version() < 11;
        head.keep_alive = !head.http_one_zero && parser_.keep_alive();
        auto const expectation = message[beast::http::field::expect];
        head.expects_continue =
            !head.http_one_zero && equal_ignoring_case({expectation.data(), expectation.size()}, "100-continue");
        return head;
    }

    beast::http::request_parser<beast::http::string_body> parser_;
};

}  // namespace

std::unique_ptr<request_parser> create_request_parser() { return std::make_unique<beast_request_parser>(); }

}  // namespace voicehook::http
