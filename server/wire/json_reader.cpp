#include "wire/json_reader.hpp"

#include "base/utf8.hpp"
#include "wire/json_value.hpp"
#include "wire/raw_json.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace voicehook::wire {

namespace {

constexpr std::size_t longest_name_shown = 64;

core::complaints duplicate_names(std::vector<raw_member> const& members) {
    auto out = core::complaints{};
    auto seen = std::unordered_set<std::string_view>{};
    auto told = std::unordered_set<std::string_view>{};
    for (auto const& member : members)
        if (!seen.insert(member.name).second && told.insert(member.name).second)
            out.push_back({printable(member.name, longest_name_shown), "is given more than once"});
    return out;
}

}  // namespace

struct json_reader::state {
    std::string text;
    std::optional<std::vector<raw_member>> members;
    core::complaints complaints;

    explicit state(std::string_view source) : text{source}, members{split_object(text)} {
        if (members)
            complaints = duplicate_names(*members);
        else
            complaints.push_back({"", "must be a JSON object (RFC 8259), nested at most 32 levels deep"});
    }

    std::optional<std::string_view> find(std::string_view field) const {
        return members ? find_member(*members, field) : std::nullopt;
    }
    void complain(std::string_view field, std::string_view message) {
        complaints.push_back({std::string{field}, std::string{message}});
    }
};

json_reader::json_reader(std::string_view text) : state_{std::make_unique<state>(text)} {}
json_reader::~json_reader() = default;
json_reader::json_reader(json_reader&&) noexcept = default;
json_reader& json_reader::operator=(json_reader&&) noexcept = default;

std::string json_reader::required_text(std::string_view field) {
    if (is_object() && !has(field)) state_->complain(field, "is required");
    return optional_text(field).value_or("");
}

std::optional<std::string> json_reader::optional_text(std::string_view field) {
    auto const value = state_->find(field);
    if (!value) return std::nullopt;
    auto text = read_text(*value);
    if (!text)
        state_->complain(field, kind_of(*value) == json_kind::text ? "must be well-formed text: a surrogate is unpaired"
                                                                   : "must be a string");
    return text;
}

std::optional<std::int64_t> json_reader::optional_integer(std::string_view field) {
    auto const value = state_->find(field);
    if (!value) return std::nullopt;
    auto const number = read_integer(*value);
    if (!number) state_->complain(field, "must be a whole number of at most 64 bits");
    return number;
}

std::optional<bool> json_reader::optional_flag(std::string_view field) {
    auto const value = state_->find(field);
    if (!value) return std::nullopt;
    if (*value == "true" || *value == "false") return *value == "true";
    state_->complain(field, "must be true or false");
    return std::nullopt;
}

void json_reader::allow_only(std::initializer_list<std::string_view> known) {
    if (!state_->members) return;
    auto allowed = std::string{};
    for (auto const name : known) allowed += (allowed.empty() ? "" : ", ") + std::string{name};
    for (auto const& member : *state_->members)
        if (std::ranges::find(known, member.name) == known.end())
            state_->complain(printable(member.name, longest_name_shown),
                             "is not a field of this; known are " + allowed);
}

bool json_reader::has(std::string_view field) const { return state_->find(field).has_value(); }
bool json_reader::failed() const noexcept { return !state_->complaints.empty(); }
bool json_reader::is_object() const noexcept { return state_->members.has_value(); }
core::complaints const& json_reader::complaints() const noexcept { return state_->complaints; }

}  // namespace voicehook::wire
