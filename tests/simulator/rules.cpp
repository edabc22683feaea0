#include "tests/simulator/rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>

namespace simulator {
namespace {

namespace json = boost::json;

constexpr auto models = std::to_array<std::string_view>({"qwen-voice-design"});
constexpr auto languages =
    std::to_array<std::string_view>({"zh", "en", "ja", "ko", "de", "fr", "it", "ru", "pt", "es"});
constexpr auto sample_rates = std::to_array<std::int64_t>({8000, 16000, 24000, 48000});
constexpr auto response_formats = std::to_array<std::string_view>({"pcm", "wav", "mp3", "opus"});
constexpr auto target_models = std::to_array<std::string_view>(
    {"qwen3-tts-vd-2026-01-26", "qwen3-tts-vd-realtime-2026-01-15", "qwen3-tts-vd-realtime-2025-12-16"});

enum class presence : std::uint8_t { required, optional };

// In UTF-8 every byte but a continuation byte begins a code point. The JSON parser has checked that it is UTF-8.
std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

// Checks one field after the other and keeps the complaints.
class examiner {
public:
    explicit examiner(json::object const& body) : body_{body} {}

    std::optional<std::string> text(std::string_view name, presence need) {
        auto const* const value = member(name, need);
        if (value == nullptr) return std::nullopt;
        if (!value->is_string()) {
            complain(name, "must be a string");
            return std::nullopt;
        }
        return std::string{value->get_string()};
    }

    std::optional<std::string> limited(std::string_view name, std::size_t longest) {
        auto found = text(name, presence::required);
        if (!found) return std::nullopt;
        if (found->empty()) complain(name, "must not be empty");
        if (code_points(*found) > longest) complain(name, fmt::format("must not exceed {} characters", longest));
        return found;
    }

    void choice(std::string_view name, presence need, std::span<std::string_view const> choices, std::string& into) {
        auto found = text(name, need);
        if (!found) return;
        if (std::ranges::find(choices, *found) == choices.end()) {
            return complain(name, fmt::format("must be one of {}", fmt::join(choices, ", ")));
        }
        into = std::move(*found);
    }

    void choice(std::string_view name, std::span<std::int64_t const> choices, std::int64_t& into) {
        auto const* const value = member(name, presence::optional);
        if (value == nullptr) return;
        if (!value->is_int64()) return complain(name, "must be an integer");
        if (std::ranges::find(choices, value->get_int64()) == choices.end()) {
            return complain(name, fmt::format("must be one of {}", fmt::join(choices, ", ")));
        }
        into = value->get_int64();
    }

    void complain(std::string_view name, std::string message) {
        complaints_.push_back({std::string{name}, fmt::format("{} {}", name, message)});
    }

    std::vector<complaint>& complaints() { return complaints_; }

private:
    json::value const* member(std::string_view name, presence need) {
        auto const* const value = body_.if_contains(name);
        if (value == nullptr && need == presence::required) complain(name, "is required");
        return value;
    }

    json::object const& body_;
    std::vector<complaint> complaints_;
};

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char letter) {
        return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
    });
}

}  // namespace

std::expected<voice_request, std::vector<complaint>> read_request(std::string_view body, address_policy policy) {
    auto failed = boost::system::error_code{};
    auto const parsed = json::parse(body, failed);
    if (failed || !parsed.is_object()) {
        return std::unexpected{std::vector{complaint{"", "request body must be a JSON object"}}};
    }

    auto result = voice_request{};
    auto model = std::string{};
    auto fields = examiner{parsed.get_object()};
    fields.choice("model", presence::required, models, model);
    fields.limited("voice_prompt", 2048);
    fields.limited("preview_text", 1024);
    if (auto name = fields.text("preferred_name", presence::required)) {
        if (!is_word(*name)) fields.complain("preferred_name", "must match ^[a-zA-Z0-9_]+$");
        if (name->size() > 16) fields.complain("preferred_name", "must not exceed 16 characters");
        result.preferred_name = std::move(*name);
    }
    fields.choice("language", presence::optional, languages, result.language);
    fields.choice("sample_rate", sample_rates, result.sample_rate);
    fields.choice("response_format", presence::optional, response_formats, result.response_format);
    fields.choice("target_model", presence::optional, target_models, result.target_model);
    if (auto url = fields.text("callback_url", presence::optional)) {
        auto const parts = parse_callback_url(*url, policy);
        if (!parts) fields.complain("callback_url", parts.error());
        result.callback_url = std::move(*url);
    }
    if (!fields.complaints().empty()) return std::unexpected{std::move(fields.complaints())};
    return result;
}

}  // namespace simulator
