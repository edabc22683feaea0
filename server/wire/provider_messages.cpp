#include "wire/provider_messages.hpp"

#include "base/utf8.hpp"
#include "wire/callback_token.hpp"
#include "wire/json_value.hpp"
#include "wire/raw_json.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

namespace voicehook::wire {

namespace {

using members = std::vector<raw_member>;

constexpr std::size_t longest_id = 256;
constexpr std::size_t longest_code = 128;
constexpr std::size_t longest_message = 2048;
constexpr std::size_t longest_error = 16 * 1024;
constexpr duration one_day = 24h;

std::string text_of(members const& object, std::string_view name) {
    auto const value = find_member(object, name);
    return value ? decode_text(*value) : std::string{};
}

/// A nested object's members; none when there is no such object.
members object_of(members const& object, std::string_view name) {
    auto const value = find_member(object, name);
    if (!value || kind_of(*value) != json_kind::object) return {};
    return split_object(*value).value_or(members{});
}

std::optional<double> number_of(members const& object, std::string_view name) {
    auto const value = find_member(object, name);
    return value ? read_number(*value) : std::nullopt;
}

/// An error code as text, be it a string or a number.
std::string code_of(members const& object) {
    auto const value = find_member(object, "code");
    if (!value) return {};
    switch (kind_of(*value)) {
        case json_kind::text: return printable(decode_text(*value), longest_code);
        case json_kind::number: {
            auto const number = read_integer(*value);
            return number ? std::to_string(*number) : printable(*value, longest_code);
        }
        default: return {};
    }
}

std::string lower_case(std::string text) {
    for (auto& character : text)
        if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
    return text;
}

std::optional<provider_task_id> id_of(members const& object) {
    auto text = text_of(object, "id");
    auto const visible = std::ranges::all_of(text, [](char character) { return character > ' ' && character <= '~'; });
    if (text.empty() || text.size() > longest_id || !visible) return std::nullopt;
    return provider_task_id{std::move(text)};
}

core::reported_status status_of(members const& object) {
    auto const text = text_of(object, "status");
    if (text == "canceled") return core::reported_status::cancelled;
    return from_text<core::reported_status>(text).value_or(core::reported_status::other);
}

std::optional<int> progress_of(members const& object) {
    auto const number = number_of(object, "progress");
    if (!number || !(*number >= 0 && *number <= 100)) return std::nullopt;
    return static_cast<int>(*number);
}

std::optional<duration> estimate_of(members const& object) {
    auto const seconds = number_of(object_of(object, "task_info"), "estimated_time");
    if (!seconds || !(*seconds >= 0 && *seconds <= 86400)) return std::nullopt;
    return duration{static_cast<std::int64_t>(*seconds * 1000)};
}

core::task_report report_of(members const& object, provider_task_id id) {
    return {.id = std::move(id),
            .status = status_of(object),
            .error_code = code_of(object_of(object, "error")),
            .progress = progress_of(object),
            .estimated = estimate_of(object)};
}

/// Puts stars in place of whatever follows "sk-evo-": the provider might quote a key that it refuses.
std::string without_keys(std::string_view json) {
    constexpr std::string_view key_prefix = "sk-evo-";
    constexpr std::string_view key_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    auto out = std::string{};
    for (auto found = json.find(key_prefix); found != std::string_view::npos; found = json.find(key_prefix)) {
        (out += json.substr(0, found + key_prefix.size())) += "***";
        json.remove_prefix(found + key_prefix.size());
        json.remove_prefix(std::min(json.find_first_not_of(key_characters), json.size()));
    }
    return out += json;
}

struct error_parts {
    std::string code;
    std::string type;
    std::string message;
    std::string_view raw{};  ///< the provider's own `error` object, where that is the form
};

std::optional<error_parts> error_object(members const& body) {
    auto const value = find_member(body, "error");
    if (!value || kind_of(*value) != json_kind::object) return std::nullopt;
    auto const inner = split_object(*value).value_or(members{});
    return error_parts{code_of(inner), printable(text_of(inner, "type"), longest_code), text_of(inner, "message"),
                       *value};
}

std::optional<error_parts> oauth_error(members const& body) {
    auto code = text_of(body, "error");
    if (code.empty()) return std::nullopt;
    return error_parts{printable(code, longest_code), {}, text_of(body, "error_description")};
}

std::optional<error_parts> legacy_error(members const& body) {
    if (find_member(body, "success") != std::optional<std::string_view>{"false"}) return std::nullopt;
    auto const message = text_of(body, "msg");
    return error_parts{code_of(body), {}, message.empty() ? text_of(body, "message") : message};
}

std::optional<error_parts> find_error(members const& body) {
    if (auto found = error_object(body)) return found;
    if (auto found = oauth_error(body)) return found;
    return legacy_error(body);
}

/// The `error` member that callers get: the provider's bytes, or one made from what it said in another form.
std::string render_error(error_parts const& error, int http_status) {
    if (!error.raw.empty() && error.raw.size() <= longest_error)
        return without_callback_tokens(without_keys(error.raw));
    auto const type = http_status >= 500 ? std::string_view{"server_error"} : "invalid_request_error";
    auto out = object_writer{};
    out.text("code", error.code);
    out.text("message", printable(error.message.empty() ? error.code : error.message, longest_message));
    out.text("type", error.type.empty() ? type : std::string_view{error.type});
    return without_callback_tokens(without_keys(std::move(out).finish()));
}

std::string_view without_outer_space(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// A string member that is not empty.
std::optional<std::string> link_of(members const& object, std::string_view name) {
    auto text = text_of(object, name);
    if (text.empty()) return std::nullopt;
    return text;
}

/// The first element of an array member.
std::optional<std::string_view> first_of(members const& object, std::string_view name) {
    auto const value = find_member(object, name);
    auto const elements = value ? split_array(*value) : std::nullopt;
    if (!elements || elements->empty()) return std::nullopt;
    return elements->front();
}

}  // namespace

std::expected<core::task_report, report_error> read_task_report(std::string_view body) {
    auto const object = split_object(body);
    if (!object) return std::unexpected{is_json(body) ? report_error::not_a_task : report_error::not_json};
    auto id = id_of(*object);
    auto const status = find_member(*object, "status");
    if (!id || !status || kind_of(*status) != json_kind::text) return std::unexpected{report_error::not_a_task};
    return report_of(*object, std::move(*id));
}

core::provider_answer read_answer(int http_status, std::string_view body, std::optional<std::string_view> retry_after,
                                  instant now) {
    auto out = core::provider_answer{.http_status = http_status};
    if (retry_after) out.retry_after = read_retry_after(*retry_after, now);
    auto const object = split_object(body);
    if (!object) return out;
    auto id = http_status >= 200 && http_status < 300 ? id_of(*object) : std::nullopt;
    if (id) out.task = report_of(*object, std::move(*id));
    auto const error = find_error(*object);
    if (!error) return out;
    out.error_code = lower_case(error->code);
    out.error_type = error->type;
    out.error_json = render_error(*error, http_status);
    return out;
}

std::optional<duration> read_retry_after(std::string_view value, instant now) {
    value = without_outer_space(value);
    if (value.empty()) return std::nullopt;
    if (value.find_first_not_of("0123456789") != std::string_view::npos) {
        auto const date = parse_http_date(value);
        if (!date) return std::nullopt;
        return std::clamp(*date - now, duration{}, one_day);
    }
    auto seconds = std::int64_t{};
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    auto const longest = std::chrono::floor<std::chrono::seconds>(one_day).count();
    if (error != std::errc{} || seconds > longest) return one_day;
    return std::chrono::seconds{seconds};
}

std::optional<std::string> preview_url(std::string_view body) {
    auto const object = split_object(body);
    if (!object) return std::nullopt;
    auto const data = object_of(*object, "result_data");
    if (auto found = link_of(data, "audio_url")) return found;
    if (auto found = link_of(data, "audio")) return found;
    if (auto const song = first_of(data, "songs"); song && kind_of(*song) == json_kind::object)
        if (auto found = link_of(split_object(*song).value_or(members{}), "audio_url")) return found;
    auto const first = first_of(*object, "results");
    auto text = first ? decode_text(*first) : std::string{};
    if (text.empty()) return std::nullopt;
    return text;
}

}  // namespace voicehook::wire
