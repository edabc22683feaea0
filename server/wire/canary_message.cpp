#include "wire/canary_message.hpp"

#include "core/canary.hpp"
#include "wire/json_reader.hpp"
#include "wire/raw_json.hpp"

namespace voicehook::wire {
namespace {

constexpr std::string_view canary_status = "canary";

/// A member of an object that says it is a canary's.
std::optional<std::string> member(std::string_view json, std::string_view name) {
    json_reader object{json};
    if (object.optional_text("status") != canary_status) return std::nullopt;
    auto value = object.optional_text(name);
    return object.failed() ? std::nullopt : value;
}

bool is_nonce(std::string_view text) {
    constexpr std::size_t digits = 32;
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string canary_body(std::string_view nonce) {
    object_writer out;
    out.text("id", core::canary_task).text("status", canary_status).text("nonce", nonce);
    return std::move(out).finish();
}

std::optional<std::string> canary_nonce(std::string_view body) {
    auto nonce = member(body, "nonce");
    return nonce && is_nonce(*nonce) ? nonce : std::nullopt;
}

std::string canary_answer(std::string_view proof) {
    object_writer out;
    out.text("status", canary_status).text("proof", proof);
    return std::move(out).finish();
}

std::optional<std::string> canary_proof(std::string_view body) { return member(body, "proof"); }

}  // namespace voicehook::wire
