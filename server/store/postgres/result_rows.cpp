#include "store/postgres/result_rows.hpp"

#include "store/postgres/kept_text.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace voicehook::store::postgres {

void result_rows::freed::operator()(pg_result* result) const noexcept { PQclear(result); }

result_rows::result_rows(pg_result* result) : result_{result} {}

bool result_rows::next() noexcept {
    column_ = 0;
    return ++row_ < PQntuples(result_.get());
}

bool result_rows::is_null() const { return PQgetisnull(result_.get(), row_, column_) != 0; }

std::string_view result_rows::value() {
    auto const* const start = PQgetvalue(result_.get(), row_, column_);
    auto const size = static_cast<std::size_t>(PQgetlength(result_.get(), row_, column_));
    ++column_;
    return {start, size};
}

std::int64_t result_rows::integer() {
    auto const bytes = value();
    if (bytes.size() != sizeof(std::int64_t)) damaged("no bigint");
    auto number = std::uint64_t{};
    for (auto const byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(number);
}

std::string result_rows::text() { return from_kept_text(value()); }

std::string result_rows::bytes() { return std::string{value()}; }

void result_rows::damaged(std::string_view what) const {
    throw database_error{trouble::other, {}, fmt::format("{} in column {}", what, PQfname(result_.get(), column_ - 1))};
}

}  // namespace voicehook::store::postgres
