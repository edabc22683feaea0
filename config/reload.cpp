#include "config/keys.hpp"
#include "config/load.hpp"

#include <map>
#include <utility>

namespace voicehook::config {
namespace {

/// The values of all keys that need a restart. Rows are compared as a whole, under the name of their array.
class fixed_values final : public key_visitor {
public:
    using map = std::map<std::string, std::string>;

    fixed_values(map& out, std::string path) : out_{out}, path_{std::move(path)} {}

    void value(value_binding const& item) override { add(item.about, item.exact()); }
    void list(list_binding const& item) override {
        std::string joined;
        for (auto const& text : item.show()) joined.append(text).push_back('\n');
        add(item.about, joined);
    }
    void rows(rows_binding const& item) override {
        if (item.about.reload == on_reload::applied) return;
        map inside;
        for (std::size_t row = 0; row < item.count(); ++row) {
            auto reader = fixed_values{inside, fmt::format("{}.", row)};
            item.describe_row(reader, row);
        }
        std::string joined;
        for (auto const& [name, text] : inside) joined += fmt::format("{}={}\n", name, text);
        add(item.about, joined);
    }
    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        auto inside = fixed_values{out_, fmt::format("{}{}.", path_, about.name)};
        describe_inside(inside);
    }

private:
    void add(key const& about, std::string const& text) {
        if (about.reload == on_reload::refused) out_.emplace(path_ + std::string{about.name}, text);
    }

    map& out_;
    std::string path_;
};

fixed_values::map fixed_values_of(settings item) {
    fixed_values::map out;
    auto reader = fixed_values{out, ""};
    describe(reader, item);

    // Another certificate is taken while running; a listener does not change between HTTP and HTTPS.
    auto const protocol = [](tls_settings const& tls) { return tls.enabled() ? "https" : "http"; };
    out.emplace("public.tls", protocol(item.public_listener.tls));
    out.emplace("api.tls", protocol(item.api.tls));
    out.emplace("ops.tls", protocol(item.ops.tls));
    return out;
}

}  // namespace

std::vector<std::string> changes_that_need_a_restart(settings const& running, settings const& wanted) {
    auto const before = fixed_values_of(running);
    auto const after = fixed_values_of(wanted);

    std::vector<std::string> out;
    for (auto const& [name, value] : before)
        if (after.at(name) != value) out.push_back(name);
    return out;
}

}  // namespace voicehook::config
