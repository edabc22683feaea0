#include "wire/raw_json.hpp"

#include "base/utf8.hpp"
#include "wire/json_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace voicehook::wire {

namespace {

constexpr int max_depth = 32;
constexpr std::size_t usual_members = 16;
constexpr std::string_view replacement_character = "\xef\xbf\xbd";

constexpr bool is_space(char letter) { return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t'; }

/// Walks over JSON text and tells whether each part is well-formed. It builds nothing, so hostile text costs no memory;
/// its recursion ends at `max_depth`.
class scanner {
public:
    explicit scanner(std::string_view text) : text_{text} {}

    void space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    bool take(char expected) {
        if (at_ >= text_.size() || text_[at_] != expected) return false;
        ++at_;
        return true;
    }
    [[nodiscard]] bool next_is(char expected) const { return at_ < text_.size() && text_[at_] == expected; }
    [[nodiscard]] bool complete() {
        space();
        return at_ == text_.size();
    }
    [[nodiscard]] std::size_t position() const { return at_; }
    [[nodiscard]] std::string_view since(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

    /// A value and nothing around it.
    bool value(int depth) {
        if (at_ >= text_.size()) return false;
        switch (text_[at_]) {
            case '{': return object(depth + 1);
            case '[': return array(depth + 1);
            case '"': return string();
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null");
            default: return number();
        }
    }

    bool string() {
        if (!take('"')) return false;
        while (at_ < text_.size()) {
            at_ += plain_length(text_.substr(at_));
            if (take('"')) return true;
            if (at_ == text_.size()) return false;
            if (!(next_is('\\') ? escape() : character())) return false;
        }
        return false;
    }

    /// `each_member` gets the positions of name, value and end, and is called for every member.
    template <class F>
    bool members(int depth, F each_member) {
        return sequence('{', '}', depth, [&] {
            auto const name = position();
            if (!string()) return false;
            auto const name_end = position();
            space();
            if (!take(':')) return false;
            space();
            auto const begin = position();
            if (!value(depth)) return false;
            each_member(text_.substr(name, name_end - name), since(begin), since(name));
            return true;
        });
    }

    template <class F>
    bool elements(int depth, F each_element) {
        return sequence('[', ']', depth, [&] {
            auto const begin = position();
            if (!value(depth)) return false;
            each_element(since(begin));
            return true;
        });
    }

private:
    bool object(int depth) {
        return members(depth, [](auto const&...) {});
    }
    bool array(int depth) {
        return elements(depth, [](auto const&...) {});
    }

    template <class F>
    bool sequence(char open, char close, int depth, F item) {
        if (depth > max_depth || !take(open)) return false;
        space();
        if (take(close)) return true;
        do {
            space();
            if (!item()) return false;
            space();
        } while (take(','));
        return take(close);
    }

    bool word(std::string_view expected) {
        if (!text_.substr(at_).starts_with(expected)) return false;
        at_ += expected.size();
        return true;
    }

    bool digits() {
        auto const begin = at_;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
        return at_ > begin;
    }

    bool number() {
        take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (!take('e') && !take('E')) return true;
        if (!take('+')) take('-');
        return digits();
    }

    bool escape() {
        take('\\');
        if (!take('u')) return at_ < text_.size() && std::string_view{"\"\\/bfnrt"}.contains(text_[at_++]);
        for (auto digit = 0; digit < 4; ++digit, ++at_)
            if (at_ >= text_.size() || !std::string_view{"0123456789abcdefABCDEF"}.contains(text_[at_])) return false;
        return true;
    }

    bool character() {
        if (static_cast<unsigned char>(text_[at_]) < 0x20) return false;
        auto const length = code_point_length(text_.substr(at_, 4));
        at_ += length;
        return length > 0;
    }

    std::string_view text_;
    std::size_t at_{};
};

/// One character, and takes it away from `text`. What JSON asks for is escaped, and what a terminal or an editor would
/// not show as it is: people read answers there.
void append_escaped(std::string& out, std::string_view& text) {
    auto const length = code_point_length(text);
    auto const byte = static_cast<unsigned char>(text.front());
    if (length == 0)
        out += replacement_character;
    else if (byte == '"' || byte == '\\')
        (out += '\\') += text.front();
    else if (byte == '\n')
        out += "\\n";
    else if (auto const value = code_point(text.substr(0, length)); is_deceptive(value))
        append_json_escape(out, value);
    else
        out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        auto const plain = plain_length(text);
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (!text.empty()) append_escaped(out, text);
    }
    out += '"';
}

}  // namespace

bool is_json(std::string_view text) {
    auto in = scanner{text};
    in.space();
    return in.value(0) && in.complete();
}

std::optional<std::vector<raw_member>> split_object(std::string_view text) {
    auto in = scanner{text};
    auto out = std::vector<raw_member>{};
    out.reserve(usual_members);
    auto const keep = [&out](std::string_view name, std::string_view value, std::string_view whole) {
        out.push_back({decode_text(name), value, whole});
    };
    in.space();
    if (!in.members(1, keep) || !in.complete()) return std::nullopt;
    return out;
}

std::optional<std::vector<std::string_view>> split_array(std::string_view text) {
    auto in = scanner{text};
    auto out = std::vector<std::string_view>{};
    in.space();
    if (!in.elements(1, [&out](std::string_view value) { out.push_back(value); }) || !in.complete())
        return std::nullopt;
    return out;
}

std::optional<std::string_view> find_member(std::vector<raw_member> const& members, std::string_view name) {
    auto const found =
        std::find_if(members.rbegin(), members.rend(), [&](auto const& item) { return item.name == name; });
    if (found == members.rend()) return std::nullopt;
    return found->value;
}

std::string quote(std::string_view text) {
    auto out = std::string{};
    append_quoted(out, text);
    return out;
}

object_writer& object_writer::raw(std::string_view name, std::string_view json) {
    write_name(name);
    out_ += json;
    return *this;
}

object_writer& object_writer::text(std::string_view name, std::string_view value) {
    write_name(name);
    append_quoted(out_, value);
    return *this;
}

object_writer& object_writer::number(std::string_view name, long long value) {
    return raw(name, fmt::to_string(value));
}

object_writer& object_writer::boolean(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }

void object_writer::write_name(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    append_quoted(out_, name);
    out_ += ':';
}

std::string object_writer::finish() && { return std::move(out_ += '}'); }

}  // namespace voicehook::wire
