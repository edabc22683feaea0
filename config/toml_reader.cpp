#include "config/toml_reader.hpp"

#include "base/utf8.hpp"
#include "config/environment.hpp"
#include "config/keys.hpp"
#include "config/nearest_name.hpp"
#include "config/text_file.hpp"

#include <toml++/toml.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::config {
namespace {

constexpr std::size_t max_secret_bytes = 64 * 1024;
constexpr std::size_t shown_bytes = 60;

unsigned line_of(toml::node const& node) { return node.source().begin.line; }

/// A parse error's description without pieces of the file longer than a character: they could be parts of a secret.
/// Names of keys that stand twice are kept.
std::string safe_description(std::string_view description) {
    if (description.find("cannot redefine") != std::string_view::npos) return std::string{description};

    constexpr std::size_t one_character = 4;
    std::string out;
    while (true) {
        auto const open = description.find('\'');
        auto const close = open == std::string_view::npos ? open : description.find('\'', open + 1);
        if (close == std::string_view::npos) return out.append(description);
        auto const quoted = description.substr(open + 1, close - open - 1);
        out.append(description.substr(0, open + 1)).append(quoted.size() > one_character ? "…" : quoted).append("'");
        description.remove_prefix(close + 1);
    }
}

/// The text of a value in the form that the environment would have; nothing when it has another type.
std::optional<std::string> text_of(toml::node const& node, form written_as) {
    if (auto const* const text = node.as_string(); text != nullptr && written_as == form::text) return text->get();
    if (auto const* const number = node.as_integer(); number != nullptr && written_as == form::integer)
        return fmt::format("{}", number->get());
    if (auto const* const flag = node.as_boolean(); flag != nullptr && written_as == form::boolean)
        return std::string{flag->get() ? "true" : "false"};
    return std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(toml::node const& node) {
    auto const* const array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> out;
    for (auto const& item : *array) {
        auto const* const text = item.as_string();
        if (text == nullptr) return std::nullopt;
        out.push_back(text->get());
    }
    return out;
}

std::vector<std::string> split_at_commas(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        auto const comma = std::min(text.find(','), text.size());
        auto item = text.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (!item.empty()) out.emplace_back(item);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return out;
}

/// Reads one table of the document; nested tables get a reader of their own.
class table_reader final : public key_visitor {
public:
    /// `here` may be null: then only the environment can set something. `path` is "" or ends with '.'.
    table_reader(toml::table const* here, std::string path, overrides& from_environment, findings& out)
        : here_{here}, path_{std::move(path)}, environment_{from_environment}, findings_{out} {}

    void value(value_binding const& item) override {
        if (item.shown == secrecy::hidden) return hidden_value(item);
        auto const path = path_of(item.about);
        auto const* const node = take(item.about.name);
        auto const variable = environment_.take(path);
        note(path, node, variable);
        if (refuse_foreign(item.about)) return;

        if (variable)
            assign(item, path, *variable);
        else if (node != nullptr)
            assign_node(item, path, *node);
    }

    void list(list_binding const& item) override {
        auto const path = path_of(item.about);
        auto const* const node = take(item.about.name);
        auto const variable = environment_.take(path);
        note(path, node, variable);
        if (refuse_foreign(item.about)) return;

        if (!variable && node == nullptr) return;
        auto const texts = variable ? split_at_commas(*variable) : texts_of(*node);
        if (!texts || !item.assign(*texts)) findings_.complain(path, "expected " + item.expected);
    }

    void rows(rows_binding const& item) override {
        auto const path = path_of(item.about);
        auto const* const node = take(item.about.name);
        note(path, node, std::nullopt);
        if (refuse_foreign(item.about)) return;

        auto const* const array = node == nullptr ? nullptr : node->as_array();
        auto const is_empty_or_tables = array != nullptr && (array->empty() || array->is_array_of_tables());
        if (node != nullptr && !is_empty_or_tables)
            return findings_.complain(path, fmt::format("expected an array of tables: [[{}]]", path));

        auto const in_file = array == nullptr ? std::size_t{0} : array->size();
        auto count = in_file;
        while (environment_.any_inside(fmt::format("{}[{}]", path, count))) ++count;
        item.resize(count);
        for (std::size_t row = 0; row < count; ++row) {
            auto const* const table = row < in_file ? array->get(row)->as_table() : nullptr;
            read_inside(table, fmt::format("{}[{}]", path, row),
                        [&](key_visitor& inside) { item.describe_row(inside, row); });
        }
    }

    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        auto const path = path_of(about);
        auto const* const node = take(about.name);
        note(path, node, std::nullopt);
        if (refuse_foreign(about)) return;
        auto const* const table = node == nullptr ? nullptr : node->as_table();
        if (node != nullptr && table == nullptr) findings_.complain(path, fmt::format("expected a table: [{}]", path));
        read_inside(table, path, describe_inside);
    }

    /// Complains about what the file sets and no key asked for.
    void refuse_the_rest() {
        if (here_ == nullptr) return;
        for (auto const& [name, node] : *here_) {
            if (known_.contains(std::string{name.str()})) continue;
            auto const path = path_ + printable(name.str(), shown_bytes);
            findings_.found_in_file(path, name.source().begin.line);
            findings_.complain(path, "unknown key" + suggestion_for(name.str(), known_));
        }
    }

private:
    /// What sets a secret: itself, or the file that holds it.
    struct secret_source {
        std::optional<std::string> text;
        std::optional<std::string> file;
    };

    void hidden_value(value_binding const& item) {
        auto const path = path_of(item.about);
        auto const file_path = path + "_file";
        auto const* const node = take(item.about.name);
        auto const* const file_node = take(std::string{item.about.name} + "_file");
        auto const variables = secret_source{environment_.take(path), environment_.take(file_path)};
        note(path, node, variables.text);
        note(file_path, file_node, variables.file);
        if (refuse_foreign(item.about)) return;

        if ((node != nullptr && file_node != nullptr) || (variables.text && variables.file))
            return findings_.complain(path, fmt::format("set either this or {}_file, not both", item.about.name));
        if (variables.text) return assign(item, path, *variables.text);
        if (variables.file) return assign_from_file(item, path, *variables.file);
        if (node != nullptr) return assign_node(item, path, *node);
        if (file_node == nullptr) return;
        auto const file = text_of(*file_node, form::text);
        if (!file) return findings_.complain(file_path, "expected a path in quotes");
        assign_from_file(item, path, *file);
    }

    void assign_from_file(value_binding const& item, std::string const& path, std::string const& file) {
        auto content = read_text_file(file, max_secret_bytes);
        if (!content) {
            findings_.complain(path + "_file", content.error());
            return;
        }
        if (content->ends_with('\n')) content->pop_back();
        if (content->ends_with('\r')) content->pop_back();
        assign(item, path, *content);
    }

    void assign_node(value_binding const& item, std::string const& path, toml::node const& node) {
        auto const text = text_of(node, item.written_as);
        if (text)
            assign(item, path, *text);
        else
            findings_.complain(path, "expected " + item.expected);
    }

    void assign(value_binding const& item, std::string const& path, std::string const& text) {
        if (item.assign(text)) return;
        if (item.shown != secrecy::open) return findings_.complain(path, "expected " + item.expected);
        findings_.complain(path,
                           fmt::format("expected {}, but found \"{}\"", item.expected, printable(text, shown_bytes)));
    }

    void read_inside(toml::table const* table, std::string const& path,
                     std::function<void(key_visitor&)> const& describe_inside) {
        if (table != nullptr) findings_.found_in_file(path, line_of(*table));
        auto inside = table_reader{table, path + ".", environment_, findings_};
        describe_inside(inside);
        inside.refuse_the_rest();
    }

    bool refuse_foreign(key const& about) {
        if (about.belongs_to.empty()) return false;
        for (auto const& path : {path_of(about), path_of(about) + "_file"})
            if (findings_.given(path))
                findings_.complain(path, fmt::format("only for {}; remove it here", about.belongs_to));
        return true;
    }

    void note(std::string const& path, toml::node const* node, std::optional<std::string> const& variable) {
        if (node != nullptr) findings_.found_in_file(path, line_of(*node));
        if (variable) findings_.found_in_environment(path, variable_of(path));
    }

    toml::node const* take(std::string_view name) {
        known_.emplace(name);
        return here_ == nullptr ? nullptr : here_->get(name);
    }

    [[nodiscard]] std::string path_of(key const& about) const { return path_ + std::string{about.name}; }

    toml::table const* here_;
    std::string path_;
    overrides& environment_;
    findings& findings_;
    std::set<std::string> known_;
};

}  // namespace

bool read_settings(std::string_view text, environment const& variables, settings& into, findings& out) {
    toml::table document;
    try {
        document = toml::parse(text);
    } catch (toml::parse_error const& error) {
        out.complain_at(error.source().begin.line, safe_description(error.description()));
        return false;
    }

    auto from_environment = overrides{variables};
    auto reader = table_reader{&document, "", from_environment, out};
    describe(reader, into);
    reader.refuse_the_rest();
    for (auto const& name : from_environment.unused())
        out.complain_of_variable(name, "names no key" + suggestion_for(name, from_environment.known()));
    return true;
}

}  // namespace voicehook::config
