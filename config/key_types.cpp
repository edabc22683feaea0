#include "config/keys.hpp"

#include <algorithm>

namespace voicehook::config {
namespace {

bool is_name(std::string_view text) {
    constexpr std::size_t longest = 64;
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-';
    };
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, fits);
}

std::string span_sentence(range<duration> allowed) {
    return fmt::format("a duration from {} to {}, such as \"{}\"", to_text(allowed.least), to_text(allowed.most),
                       to_text(std::clamp(duration{30s}, allowed.least, allowed.most)));
}

bool assign_span(std::string_view text, range<duration> allowed, auto& into) {
    auto const parsed = parse_duration(text);
    if (!parsed || !allowed.holds(*parsed)) return false;
    into = *parsed;
    return true;
}

}  // namespace

bool is_plain_text(std::string_view text) noexcept {
    return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void key_visitor::text(key const& about, std::string& into) {
    auto const assign = [&into](std::string_view text) {
        if (!is_plain_text(text)) return false;
        into = text;
        return true;
    };
    value(
        {.about = about, .expected = "a text in quotes without control characters", .assign = assign, .exact = [&into] {
             return into;
         }});
}

void key_visitor::name(key const& about, std::function<void(std::string)> assign, std::function<std::string()> exact) {
    auto const assign_if_name = [assign = std::move(assign)](std::string_view text) {
        if (!is_name(text)) return false;
        assign(std::string{text});
        return true;
    };
    value({.about = about,
           .expected = "a name: 1 to 64 letters, digits, '_', '.' or '-'",
           .assign = assign_if_name,
           .exact = std::move(exact)});
}

void key_visitor::hidden_text(key const& about, secret& into) {
    auto const assign = [&into](std::string_view text) {
        into = secret{std::string{text}};
        return true;
    };
    value(
        {.about = about, .shown = secrecy::hidden, .expected = "a text in quotes", .assign = assign, .exact = [&into] {
             return into.reveal();
         }});
}

void key_visitor::store_url(key const& about, std::string& into) {
    auto const assign = [&into](std::string_view text) {
        if (!is_plain_text(text)) return false;
        into = text;
        return true;
    };
    value({.about = about,
           .shown = secrecy::store_url,
           .expected = "a URL in quotes without control characters",
           .assign = assign,
           .exact = [&into] { return into; }});
}

void key_visitor::flag(key const& about, bool& into) {
    auto const assign = [&into](std::string_view text) {
        if (text != "true" && text != "false") return false;
        into = text == "true";
        return true;
    };
    value(
        {.about = about, .written_as = form::boolean, .expected = "true or false", .assign = assign, .exact = [&into] {
             return std::string{into ? "true" : "false"};
         }});
}

void key_visitor::span(key const& about, duration& into, range<duration> allowed) {
    value({.about = about,
           .expected = span_sentence(allowed),
           .assign = [&into, allowed](std::string_view text) { return assign_span(text, allowed, into); },
           .exact = [&into] { return to_text(into); }});
}

void key_visitor::span_or_auto(key const& about, std::optional<duration>& into, range<duration> allowed) {
    auto const assign = [&into, allowed](std::string_view text) {
        if (text != "auto") return assign_span(text, allowed, into);
        into.reset();
        return true;
    };
    value({.about = about, .expected = "\"auto\" or " + span_sentence(allowed), .assign = assign, .exact = [&into] {
               return into ? to_text(*into) : std::string{"auto"};
           }});
}

void key_visitor::size(key const& about, std::size_t& into, range<std::size_t> allowed) {
    auto const assign = [&into, allowed](std::string_view text) {
        auto const parsed = parse_size(text);
        if (!parsed || !allowed.holds(*parsed)) return false;
        into = *parsed;
        return true;
    };
    value({.about = about,
           .expected = fmt::format("a size from {} to {}, such as \"64KiB\"", size_to_text(allowed.least),
                                   size_to_text(allowed.most)),
           .assign = assign,
           .exact = [&into] { return size_to_text(into); }});
}

void key_visitor::texts(key const& about, std::vector<std::string>& into) {
    auto const assign = [&into](std::vector<std::string> const& items) {
        if (!std::ranges::all_of(items, is_plain_text)) return false;
        into = items;
        return true;
    };
    list(
        {.about = about, .expected = "an array of texts without control characters", .assign = assign, .show = [&into] {
             return into;
         }});
}

}  // namespace voicehook::config
