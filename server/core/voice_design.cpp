#include "core/voice_design.hpp"

#include "base/utf8.hpp"
#include "core/address.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace voicehook::core::voice_design {

namespace {

constexpr std::size_t longest_quote = 64;  // bytes of a wrong value that are shown back

bool is_name_letter(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_';
}

/// Collects complaints; each rule adds at most one.
class checker {
public:
    void text(std::string_view field, std::optional<std::string> const& value, std::size_t most) {
        if (!value) return;
        auto const length = count_code_points(*value);
        if (!length)
            complain(field, "expected well-formed UTF-8");
        else if (*length == 0)
            complain(field, "expected at least one character");
        else if (*length > most)
            complain(field, fmt::format("expected at most {} characters but found {}", most, *length));
    }

    template <class Values>
    void one_of(std::string_view field, std::optional<std::string> const& value, Values const& values) {
        if (!value || std::ranges::find(values, std::string_view{*value}) != values.end()) return;
        complain(field, fmt::format("expected one of {} but found \"{}\"", fmt::join(values, ", "),
                                    printable(*value, longest_quote)));
    }

    template <class Values>
    void one_of(std::string_view field, std::optional<std::int64_t> value, Values const& values) {
        if (!value || std::ranges::find(values, *value) != values.end()) return;
        complain(field, fmt::format("expected one of {} but found {}", fmt::join(values, ", "), *value));
    }

    void name(std::string_view field, std::optional<std::string> const& value) {
        if (!value) return;
        if (value->empty() || !std::ranges::all_of(*value, is_name_letter)) {
            complain(field, "expected only digits, English letters and underscores, at least one");
        } else if (value->size() > max_preferred_name) {
            complain(field,
                     fmt::format("expected at most {} characters but found {}", max_preferred_name, value->size()));
        }
    }

    void callback_url(std::string_view field, std::optional<std::string> const& value, callback_rules const& rules) {
        if (!value) return;
        if (value->size() > max_callback_url) {
            complain(field, fmt::format("expected at most {} bytes but found {}", max_callback_url, value->size()));
            return;
        }
        auto parts = url_parts{};
        switch (split_url(*value, parts)) {
            case url_error::syntax: complain(field, "expected an absolute https URL with a host"); return;
            case url_error::user_info: complain(field, "expected no user name or password in the URL"); return;
            case url_error::fragment: complain(field, "expected no fragment (#) in the URL"); return;
            case url_error::none: break;
        }
        if (parts.scheme != "https")
            complain(field, "expected https");
        else if (rules.addresses == callback_rules::hosts::public_only && names_internal_host(parts.host))
            complain(field, "expected a public host, not an internal address");
        else if (!rules.allowed.allows(parts.host))
            complain(field, fmt::format("expected a host that the operator of this service allows, not {}",
                                        printable(parts.host, longest_quote)));
    }

    [[nodiscard]] complaints finish() && { return std::move(found_); }

private:
    void complain(std::string_view field, std::string message) {
        found_.push_back({.field = std::string{field}, .message = std::move(message)});
    }

    complaints found_;
};

}  // namespace

complaints check(request const& item, callback_rules const& callbacks) {
    auto rules = checker{};
    rules.one_of("model", item.model, models);
    rules.text("voice_prompt", item.voice_prompt, max_voice_prompt);
    rules.text("preview_text", item.preview_text, max_preview_text);
    rules.name("preferred_name", item.preferred_name);
    rules.one_of("language", item.language, languages);
    rules.one_of("sample_rate", item.sample_rate, sample_rates);
    rules.one_of("response_format", item.response_format, response_formats);
    rules.one_of("target_model", item.target_model, target_models);
    rules.callback_url("callback_url", item.callback_url, callbacks);
    return std::move(rules).finish();
}

}  // namespace voicehook::core::voice_design
