#include "app/ops/json_part.hpp"

#include "wire/json_value.hpp"

namespace voicehook::app::ops {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view white = " \t\r\n";
    auto const first = text.find_first_not_of(white);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

}  // namespace

json_part::json_part(std::string_view text) : raw_{trimmed(text)} {
    if (raw_.starts_with('{')) {
        auto members = wire::split_object(raw_);
        if (members)
            members_ = std::move(*members);
        else
            raw_ = {};
    } else if (!wire::is_json(raw_)) {
        raw_ = {};
    }
}

json_part json_part::operator[](std::string_view name) const {
    auto const found = wire::find_member(members_, name);
    return found ? json_part{*found} : json_part{};
}

bool json_part::known() const noexcept { return !raw_.empty() && wire::kind_of(raw_) != wire::json_kind::null; }

bool json_part::is_object() const noexcept { return known() && wire::kind_of(raw_) == wire::json_kind::object; }

std::optional<std::string> json_part::text() const {
    if (!known() || wire::kind_of(raw_) != wire::json_kind::text) return std::nullopt;
    return wire::decode_text(raw_);
}

std::optional<double> json_part::number() const {
    if (!known()) return std::nullopt;
    return wire::read_number(raw_);
}

std::optional<bool> json_part::boolean() const {
    if (!known() || wire::kind_of(raw_) != wire::json_kind::boolean) return std::nullopt;
    return raw_ == "true";
}

std::optional<instant> json_part::moment() const {
    auto const written = text();
    return written ? parse_rfc3339(*written) : std::nullopt;
}

std::vector<json_part> json_part::elements() const {
    auto out = std::vector<json_part>{};
    auto const found = known() ? wire::split_array(raw_) : std::nullopt;
    if (!found) return out;
    out.reserve(found->size());
    for (auto const& element : *found) out.emplace_back(element);
    return out;
}

std::vector<std::pair<std::string, json_part>> json_part::members() const {
    auto out = std::vector<std::pair<std::string, json_part>>{};
    out.reserve(members_.size());
    for (auto const& member : members_) out.emplace_back(member.name, json_part{member.value});
    return out;
}

}  // namespace voicehook::app::ops
