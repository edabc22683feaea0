#include "wire/voice_design_request.hpp"

#include "core/voice_design.hpp"
#include "wire/digest.hpp"
#include "wire/json_reader.hpp"
#include "wire/json_value.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace voicehook::wire {

namespace {

namespace rules = core::voice_design;

constexpr std::string_view callback_url_name = "callback_url";

// The order in which the contract of record lists its fields, and so the order of complaints.
constexpr std::array<std::string_view, 9> field_order{"model",           "voice_prompt", "preview_text",
                                                      "preferred_name",  "language",     "sample_rate",
                                                      "response_format", "target_model", callback_url_name};

/// A member that is sent although the caller left it out.
struct default_member {
    std::string_view name;
    std::string json;
};

std::vector<default_member> defaults() {
    return {{"model", quote(rules::models.front())},
            {"language", quote(rules::default_language)},
            {"sample_rate", fmt::to_string(rules::default_sample_rate)},
            {"response_format", quote(rules::default_response_format)},
            {"target_model", quote(rules::default_target_model)}};
}

rules::request read_fields(json_reader& in) {
    auto const required = [&in](std::string_view field) {
        auto text = in.required_text(field);
        return in.has(field) ? std::optional{std::move(text)} : std::nullopt;
    };
    auto out = rules::request{};
    out.model = in.optional_text("model");
    out.voice_prompt = required("voice_prompt");
    out.preview_text = required("preview_text");
    out.preferred_name = required("preferred_name");
    out.language = in.optional_text("language");
    out.sample_rate = in.optional_integer("sample_rate");
    out.response_format = in.optional_text("response_format");
    out.target_model = in.optional_text("target_model");
    out.callback_url = in.optional_text(callback_url_name);
    return out;
}

std::size_t place_of(core::complaint const& item) {
    return static_cast<std::size_t>(std::ranges::find(field_order, item.field) - field_order.begin());
}

/// The complaints of the reader and of the rules as one list: a field that could not be read has no rule to violate.
core::complaints merge(core::complaints const& reading, core::complaints const& checking) {
    auto out = reading;
    for (auto const& item : checking)
        if (std::ranges::find(reading, item.field, &core::complaint::field) == reading.end()) out.push_back(item);
    auto ordered = core::complaints{};
    for (std::size_t place = 0; place <= field_order.size(); ++place)
        std::ranges::copy_if(out, std::back_inserter(ordered),
                             [&](auto const& item) { return place_of(item) == place; });
    return ordered;
}

std::string fingerprint_of(std::vector<raw_member> const& given, std::vector<default_member> const& added) {
    auto out = object_writer{};
    for (auto const& member : given) out.raw(member.name, member.value);
    for (auto const& [name, json] : added) out.raw(name, json);
    return sha256_hex(canonical(std::move(out).finish()));
}

std::string join(std::vector<raw_member> const& given, std::vector<default_member> const& added) {
    auto out = std::string{};
    auto const append = [&out](std::string_view member) {
        if (!out.empty()) out += ',';
        out += member;
    };
    for (auto const& member : given)
        if (member.name != callback_url_name) append(member.whole);
    for (auto const& [name, json] : added) append(fmt::format("{}:{}", quote(name), json));
    return out;
}

}  // namespace

std::expected<voice_design_submission, core::complaints> read_voice_design(
    std::string_view body, core::voice_design::callback_rules const& callbacks) {
    auto in = json_reader{body};
    if (!in.is_object()) return std::unexpected{in.complaints()};
    auto fields = read_fields(in);
    auto const checked = rules::check(fields, callbacks);
    if (in.failed() || !checked.empty()) return std::unexpected{merge(in.complaints(), checked)};

    auto const given = split_object(body).value_or(std::vector<raw_member>{});
    auto added = defaults();
    std::erase_if(added, [&in](default_member const& item) { return in.has(item.name); });
    return voice_design_submission{.model = fields.model.value_or(std::string{rules::models.front()}),
                                   .callback_url = std::move(fields.callback_url),
                                   .members = join(given, added),
                                   .fingerprint = fingerprint_of(given, added)};
}

std::string submit_body(voice_design_submission const& item, std::string_view callback_url) {
    auto const separator = item.members.empty() ? "" : ",";
    return fmt::format("{{{}{}{}:{}}}", item.members, separator, quote(callback_url_name), quote(callback_url));
}

}  // namespace voicehook::wire
