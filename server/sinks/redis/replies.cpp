#include "sinks/redis/replies.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <new>

namespace voicehook::sinks::redis {
namespace {

constexpr std::size_t shown_bytes = 100;

reply::kind kind_of(int type) noexcept {
    switch (type) {
        case REDIS_REPLY_STATUS: return reply::kind::status;
        case REDIS_REPLY_ERROR: return reply::kind::error;
        default: return reply::kind::text;
    }
}

// hiredis has its replies made by these; a null pointer ends its reading with an error.

void* make_text(redisReadTask const* task, char* bytes, std::size_t length) noexcept {
    return new (std::nothrow) reply{.is = kind_of(task->type), .text = {bytes, length}};
}

void* make_array(redisReadTask const*, int) noexcept { return nullptr; }

void* make_integer(redisReadTask const*, long long number) noexcept {
    return new (std::nothrow) reply{.is = reply::kind::integer, .number = number};
}

void* make_nothing(redisReadTask const*) noexcept { return new (std::nothrow) reply{}; }

void drop(void* made) noexcept { delete static_cast<reply*>(made); }

/// hiredis keeps a pointer to it and changes nothing.
redisReplyObjectFunctions makers{.createString = make_text,
                                 .createArray = make_array,
                                 .createInteger = make_integer,
                                 .createNil = make_nothing,
                                 .freeObject = drop};

}  // namespace

struct reply_reader::parser {
    struct freed {
        void operator()(redisReader* owned) const noexcept { redisReaderFree(owned); }
    };
    std::unique_ptr<redisReader, freed> reader{redisReaderCreateWithFunctions(&makers)};
};

reply_reader::reply_reader() : parser_{std::make_unique<parser>()} {
    if (!parser_->reader) throw std::bad_alloc{};
}

reply_reader::~reply_reader() = default;

void reply_reader::feed(std::string_view bytes) { redisReaderFeed(parser_->reader.get(), bytes.data(), bytes.size()); }

std::size_t reply_reader::unread() const noexcept { return parser_->reader->len - parser_->reader->pos; }

result<std::optional<reply>> reply_reader::next() {
    auto* made = static_cast<void*>(nullptr);
    if (redisReaderGetReply(parser_->reader.get(), &made) != REDIS_OK) {
        auto const* const why =
            parser_->reader->err == REDIS_ERR_OOM ? "a reply that no command of ours has" : parser_->reader->errstr;
        return fail(errc::protocol, fmt::format("read Redis's reply: {}", printable(why, shown_bytes)));
    }
    if (made != nullptr) {
        auto const owner = std::unique_ptr<reply>{static_cast<reply*>(made)};
        return std::move(*owner);
    }
    if (unread() > longest_reply) return fail(errc::protocol, "read Redis's reply: too long");
    return std::nullopt;
}

}  // namespace voicehook::sinks::redis
