#include "store/postgres/parameters.hpp"

#include "store/postgres/kept_text.hpp"

#include <bit>
#include <utility>

namespace voicehook::store::postgres {
namespace {

/// Object ids of PostgreSQL's built-in types (its catalogue pg_type).
struct type_ids {
    unsigned scalar;
    unsigned array;
};

constexpr type_ids ids_of(sql_type type) noexcept {
    switch (type) {
        case sql_type::number: return {20, 1016};
        case sql_type::text: return {25, 1009};
        case sql_type::bytes: return {17, 1001};
    }
    return {};
}

constexpr std::size_t length_bytes = 4;
constexpr std::uint32_t null_length = 0xffffffff;

template <class Int>
void append_number(std::string& into, Int value) {
    auto const big_endian = std::endian::native == std::endian::little ? std::byteswap(value) : value;
    into.append(reinterpret_cast<char const*>(&big_endian), sizeof big_endian);
}

}  // namespace

std::string_view to_sql(sql_type type) noexcept {
    switch (type) {
        case sql_type::number: return "bigint";
        case sql_type::text: return "text";
        case sql_type::bytes: return "bytea";
    }
    return {};
}

void value_writer::size(std::size_t bytes) { append_number(into_, static_cast<std::uint32_t>(bytes)); }

void value_writer::put(std::nullptr_t) { append_number(into_, null_length); }

void value_writer::put(std::int64_t value) {
    size(sizeof value);
    append_number(into_, static_cast<std::uint64_t>(value));
}

void value_writer::put(std::string_view value) {
    if (stands_as_it_is(value))
        put(sql::blob{value});
    else
        put(sql::blob{to_kept_text(value)});
}

void value_writer::put(sql::blob value) {
    size(value.bytes.size());
    into_ += value.bytes;
}

array::array(sql_type type) : type_{type} {}

std::string array::finish() && {
    auto made = std::string{};
    append_number(made, std::uint32_t{count_ == 0 ? 0U : 1U});  // dimensions
    append_number(made, std::uint32_t{1});                      // may have NULLs
    append_number(made, std::uint32_t{ids_of(type_).scalar});
    if (count_ == 0) return made;
    append_number(made, static_cast<std::uint32_t>(count_));
    append_number(made, std::uint32_t{1});  // the first index
    return made += bytes_;
}

void parameters::add(array value) {
    types_.push_back(ids_of(value.type()).array);
    values_.emplace_back(std::move(value).finish());
}

void parameters::append(sql_type type, std::string bytes) {
    types_.push_back(ids_of(type).scalar);
    auto const is_null = bytes.size() == length_bytes && bytes == std::string(length_bytes, '\xff');
    values_.push_back(is_null ? std::nullopt : std::optional{bytes.substr(length_bytes)});
}

std::vector<char const*> parameters::pointers() const {
    auto made = std::vector<char const*>{};
    for (auto const& value : values_) made.push_back(value ? value->data() : nullptr);
    return made;
}

std::vector<int> parameters::lengths() const {
    auto made = std::vector<int>{};
    for (auto const& value : values_) made.push_back(value ? static_cast<int>(value->size()) : 0);
    return made;
}

}  // namespace voicehook::store::postgres
