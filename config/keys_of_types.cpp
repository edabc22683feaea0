#include "config/keys_of_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voicehook::config {
namespace {

/// The names of keys, in order.
class key_names final : public key_visitor {
public:
    void value(value_binding const& item) override { add(item.about); }
    void list(list_binding const& item) override { add(item.about); }
    void rows(rows_binding const& item) override { add(item.about); }
    void table(key const& about, std::function<void(key_visitor&)> const&) override { add(about); }

    [[nodiscard]] std::vector<std::string_view> const& names() const noexcept { return names_; }

private:
    void add(key const& about) { names_.push_back(about.name); }

    std::vector<std::string_view> names_;
};

/// Passes on the keys that have an owner, each once, and tells whose they are.
class foreign_keys final : public key_visitor {
public:
    foreign_keys(key_visitor& to, std::map<std::string_view, std::string> owners)
        : to_{to}, owners_{std::move(owners)} {}

    void value(value_binding const& item) override { pass(item, &key_visitor::value); }
    void list(list_binding const& item) override { pass(item, &key_visitor::list); }
    void rows(rows_binding const& item) override { pass(item, &key_visitor::rows); }
    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        auto const owner = owners_.extract(about.name);
        if (owner.empty()) return;
        auto theirs = about;
        theirs.belongs_to = owner.mapped();
        to_.table(theirs, describe_inside);
    }

private:
    template <class Binding>
    void pass(Binding item, void (key_visitor::*visit)(Binding const&)) {
        auto const owner = owners_.extract(item.about.name);
        if (owner.empty()) return;
        item.about.belongs_to = owner.mapped();
        (to_.*visit)(item);
    }

    key_visitor& to_;
    std::map<std::string_view, std::string> owners_;
};

std::vector<std::string_view> names_of_keys(type_of_row const& type) {
    auto names = key_names{};
    type.describe(names, {});
    return names.names();
}

/// `"a", "b" or "c"`.
std::string listed(std::vector<std::string_view> const& names) {
    auto out = std::string{};
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto const* const before = i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
        out += fmt::format("{}\"{}\"", before, names[i]);
    }
    return out;
}

}  // namespace

void describe_types(key_visitor& keys, std::string_view rows, std::string_view own,
                    std::vector<type_of_row> const& types) {
    std::map<std::string_view, std::vector<std::string_view>> types_of;
    for (auto const& type : types)
        for (auto const name : names_of_keys(type)) types_of[name].push_back(type.name);
    std::map<std::string_view, std::string> owners;
    for (auto const& [name, having] : types_of)
        owners.emplace(name, fmt::format("{} of type {}", rows, listed(having)));
    auto const mine = std::ranges::find(types, own, &type_of_row::name);
    if (mine != types.end())
        for (auto const name : names_of_keys(*mine)) owners.erase(name);

    auto others = foreign_keys{keys, std::move(owners)};
    for (auto const& type : types) {
        if (type.name == own)
            type.describe(keys, {});
        else
            type.describe(others, rows);
    }
}

}  // namespace voicehook::config
