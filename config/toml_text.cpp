#include "config/toml_text.hpp"

#include "config/store_url.hpp"

namespace voicehook::config {

std::string toml_quote(std::string_view text) {
    auto out = std::string{"\""};
    for (auto const c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

std::string toml_array(std::vector<std::string> const& texts) {
    auto out = std::string{"["};
    for (auto const& text : texts) {
        if (out.size() > 1) out += ", ";
        out += toml_quote(text);
    }
    return out += ']';
}

std::string toml_value(value_binding const& item) {
    auto const text = item.exact();
    if (item.shown == secrecy::hidden) return text.empty() ? "\"\"" : "\"***\"";
    if (item.shown == secrecy::store_url) return toml_quote(without_password(text));
    return item.written_as == form::text ? toml_quote(text) : text;
}

}  // namespace voicehook::config
