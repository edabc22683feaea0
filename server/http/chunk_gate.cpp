#include "http/chunk_gate.hpp"

#include <algorithm>
#include <optional>

namespace voicehook::http {
namespace {

constexpr unsigned max_size_digits = 8;

std::optional<unsigned> hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
    if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
    if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
    return std::nullopt;
}

}  // namespace

std::expected<chunk_gate::progress, gate_reason> chunk_gate::take(std::string_view bytes) noexcept {
    auto seen = progress{};
    while (seen.taken < bytes.size() && !finished()) {
        if (at_ == place::data) {
            auto const count = std::min<std::uint64_t>(left_, bytes.size() - seen.taken);
            seen.taken += count;
            left_ -= count;
            if (left_ == 0) at_ = place::data_cr;
            seen.parsable = seen.taken;
            continue;
        }
        if (auto const fits = step(bytes[seen.taken]); !fits) return std::unexpected{fits.error()};
        ++seen.taken;
        if (at_ == place::data || at_ == place::end) seen.parsable = seen.taken;
    }
    return seen;
}

std::expected<void, gate_reason> chunk_gate::step(char byte) noexcept {
    auto const expect = [&](char wanted, place next,
                            gate_reason otherwise = gate_reason::chunk_framing) -> std::expected<void, gate_reason> {
        if (byte != wanted) return std::unexpected{otherwise};
        at_ = next;
        return {};
    };
    switch (at_) {
        case place::size: return step_size(byte);
        case place::size_lf: return expect('\n', left_ == 0 ? place::last_cr : place::data);
        case place::data_cr: return expect('\r', place::data_lf);
        case place::data_lf: return expect('\n', place::size);
        case place::last_cr: return expect('\r', place::last_lf, gate_reason::trailers);
        case place::last_lf: return expect('\n', place::end);
        case place::data:
        case place::end: break;
    }
    return {};
}

std::expected<void, gate_reason> chunk_gate::step_size(char byte) noexcept {
    if (auto const digit = hex_value(byte)) {
        if (++digits_ > max_size_digits) return std::unexpected{gate_reason::chunk_framing};
        left_ = left_ * 16 + *digit;
        return {};
    }
    if (digits_ == 0) return std::unexpected{gate_reason::chunk_framing};
    if (byte == ';' || byte == ' ' || byte == '\t') return std::unexpected{gate_reason::chunk_extension};
    if (byte != '\r') return std::unexpected{gate_reason::chunk_framing};
    at_ = place::size_lf;
    digits_ = 0;
    return {};
}

}  // namespace voicehook::http
