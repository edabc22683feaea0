#include "config/load.hpp"

#include "config/findings.hpp"
#include "config/text_file.hpp"
#include "config/toml_reader.hpp"
#include "config/validate.hpp"

namespace voicehook::config {

std::expected<settings, config_errors> load(std::string const& path, environment const& variables) {
    constexpr std::size_t max_file_bytes = 4 * 1024 * 1024;
    auto const text = read_text_file(path, max_file_bytes);
    if (!text) return std::unexpected{config_errors{path + ": " + text.error()}};
    return load_text(*text, path, variables);
}

std::expected<settings, config_errors> load_text(std::string_view text, std::string_view name,
                                                 environment const& variables) {
    auto out = settings{};
    auto what_is_wrong = findings{std::string{name}};
    if (read_settings(text, variables, out, what_is_wrong)) validate(out, what_is_wrong);
    if (!what_is_wrong.empty()) return std::unexpected{what_is_wrong.sorted()};
    return out;
}

}  // namespace voicehook::config
