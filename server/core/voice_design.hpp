// The rules of a voice-design request, from the contract of record. The one place that knows voice design.
#pragma once

#include "core/complaint.hpp"
#include "core/host_list.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::core::voice_design {

inline constexpr std::size_t max_voice_prompt = 2048;  ///< code points
inline constexpr std::size_t max_preview_text = 1024;  ///< code points
inline constexpr std::size_t max_preferred_name = 16;  ///< of [A-Za-z0-9_]
inline constexpr std::size_t max_callback_url = 2048;  ///< bytes

inline constexpr std::array<std::string_view, 1> models{"qwen-voice-design"};
inline constexpr std::array<std::string_view, 10> languages{"zh", "en", "ja", "ko", "de", "fr", "it", "ru", "pt", "es"};
inline constexpr std::array<std::int64_t, 4> sample_rates{8000, 16000, 24000, 48000};
inline constexpr std::array<std::string_view, 4> response_formats{"pcm", "wav", "mp3", "opus"};
inline constexpr std::array<std::string_view, 3> target_models{
    "qwen3-tts-vd-2026-01-26", "qwen3-tts-vd-realtime-2026-01-15", "qwen3-tts-vd-realtime-2025-12-16"};

/// Defaults are applied here and sent explicitly, so that a change of the provider's cannot change a stored task.
inline constexpr std::string_view default_language = "zh";
inline constexpr std::int64_t default_sample_rate = 24000;
inline constexpr std::string_view default_response_format = "wav";
inline constexpr std::string_view default_target_model = "qwen3-tts-vd-2026-01-26";

/// The members of a request that have a rule. Nothing: absent, or its type was wrong (the reader has complained).
/// `model` is required although it has a default in the contract of record, which says both: we accept its absence.
struct request {
    std::optional<std::string> model, voice_prompt, preview_text, preferred_name, language, response_format,
        target_model, callback_url;
    std::optional<std::int64_t> sample_rate;
};

/// Which hosts a caller's `callback_url` may name.
struct callback_rules {
    enum class hosts : std::uint8_t {
        public_only = 1,
        any,  ///< for local runs
    } addresses{hosts::public_only};
    host_list allowed{};  ///< the operator's choice among them
};

/// Every violated rule, in the order of the fields in the contract of record: text that is too long (code points) or
/// empty where required, values outside of an enum, the pattern of `preferred_name`, and `callback_url`: https, a host,
/// ≤ 2048 bytes, no literal internal address and no other host than `callbacks` allows. A missing required field is the
/// reader's complaint, not one of these.
[[nodiscard]] complaints check(request const& item, callback_rules const& callbacks = {});

}  // namespace voicehook::core::voice_design
