#include "wire/jetstream_answers.hpp"

#include "wire/json_value.hpp"
#include "wire/raw_json.hpp"

#include <vector>

namespace voicehook::wire {
namespace {

std::int64_t number_of(std::vector<raw_member> const& members, std::string_view name) {
    auto const value = find_member(members, name);
    return value ? read_integer(*value).value_or(0) : 0;
}

std::string text_of(std::vector<raw_member> const& members, std::string_view name) {
    auto const value = find_member(members, name);
    return value ? decode_text(*value) : std::string{};
}

std::optional<jetstream_error> error_of(std::vector<raw_member> const& members) {
    auto const value = find_member(members, "error");
    if (!value) return std::nullopt;
    auto const inside = split_object(*value);
    if (!inside) return std::nullopt;
    return jetstream_error{number_of(*inside, "code"), number_of(*inside, "err_code"), text_of(*inside, "description")};
}

}  // namespace

std::optional<jetstream_answer> read_jetstream_ack(std::string_view json) {
    auto const members = split_object(json);
    if (!members) return std::nullopt;
    if (auto error = error_of(*members)) return std::move(*error);
    auto stream = text_of(*members, "stream");
    auto const sequence = number_of(*members, "seq");
    if (stream.empty() || sequence <= 0 || find_member(*members, "error")) return std::nullopt;
    return jetstream_ack{std::move(stream), static_cast<std::uint64_t>(sequence),
                         find_member(*members, "duplicate") == "true"};
}

std::optional<std::variant<std::size_t, jetstream_error>> read_stream_names(std::string_view json) {
    auto const members = split_object(json);
    if (!members) return std::nullopt;
    if (auto error = error_of(*members)) return std::move(*error);
    auto const streams = find_member(*members, "streams");
    if (!streams || *streams == "null") return std::size_t{0};
    auto const names = split_array(*streams);
    if (!names) return std::nullopt;
    return names->size();
}

std::string render_stream_names_request(std::string_view subject) {
    auto out = object_writer{};
    out.text("subject", subject);
    return std::move(out).finish();
}

}  // namespace voicehook::wire
