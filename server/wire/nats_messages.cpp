#include "wire/nats_messages.hpp"

#include "wire/json_value.hpp"
#include "wire/raw_json.hpp"

#include <vector>

namespace voicehook::wire {
namespace {

std::string text_of(std::vector<raw_member> const& members, std::string_view name) {
    auto const value = find_member(members, name);
    return value ? decode_text(*value) : std::string{};
}

bool flag_of(std::vector<raw_member> const& members, std::string_view name) {
    return find_member(members, name) == "true";
}

}  // namespace

std::optional<nats_info> read_nats_info(std::string_view json) {
    auto const members = split_object(json);
    if (!members) return std::nullopt;
    auto const limit = find_member(*members, "max_payload");
    auto const number = limit ? read_integer(*limit).value_or(0) : 0;
    return nats_info{.version = text_of(*members, "version"),
                     .nonce = text_of(*members, "nonce"),
                     .max_payload = number > 0 ? static_cast<std::uint64_t>(number) : 0,
                     .headers = flag_of(*members, "headers"),
                     .tls_required = flag_of(*members, "tls_required"),
                     .tls_available = flag_of(*members, "tls_available"),
                     .leaving = flag_of(*members, "ldm")};
}

std::string render_nats_hello(nats_hello const& item) {
    auto out = object_writer{};
    out.boolean("verbose", false)
        .boolean("pedantic", false)
        .boolean("tls_required", item.encrypted)
        .text("name", item.name)
        .text("lang", "c++")
        .text("version", item.version)
        .number("protocol", 1)
        .boolean("headers", true)
        .boolean("no_responders", true);
    if (!item.username.empty()) out.text("user", item.username).text("pass", item.password.reveal());
    if (!item.token.empty()) out.text("auth_token", item.token.reveal());
    if (!item.jwt.empty()) out.text("jwt", item.jwt).text("sig", item.signature);
    return std::move(out).finish();
}

}  // namespace voicehook::wire
