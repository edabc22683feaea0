#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/toml_text.hpp"

namespace voicehook::config {
namespace {

/// Writes what stands between the braces of an inline table.
class inline_writer final : public key_visitor {
public:
    [[nodiscard]] std::string braced() const { return out_.empty() ? "{}" : "{ " + out_ + " }"; }

    void value(value_binding const& item) override { add(item.about, toml_value(item)); }
    void list(list_binding const& item) override { add(item.about, toml_array(item.show())); }
    void rows(rows_binding const& item) override {
        std::string rows;
        for (std::size_t row = 0; row < item.count(); ++row) {
            inline_writer inside;
            item.describe_row(inside, row);
            rows += (row == 0 ? "" : ", ") + inside.braced();
        }
        add(item.about, "[" + rows + "]");
    }
    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        inline_writer inside;
        describe_inside(inside);
        add(about, inside.braced());
    }

private:
    void add(key const& about, std::string const& toml) {
        if (about.belongs_to.empty()) out_ += fmt::format("{}{} = {}", out_.empty() ? "" : ", ", about.name, toml);
    }

    std::string out_;
};

/// Writes the keys of one section, a line each.
class section_writer final : public key_visitor {
public:
    explicit section_writer(std::string& out) : out_{out} {}

    void value(value_binding const& item) override { add(item.about, toml_value(item)); }
    void list(list_binding const& item) override { add(item.about, toml_array(item.show())); }
    void rows(rows_binding const& item) override {
        std::string rows;
        for (std::size_t row = 0; row < item.count(); ++row) {
            inline_writer inside;
            item.describe_row(inside, row);
            rows += fmt::format("\n    {},", inside.braced());
        }
        add(item.about, rows.empty() ? "[]" : "[" + rows + "\n]");
    }
    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        inline_writer inside;
        describe_inside(inside);
        add(about, inside.braced());
    }

private:
    void add(key const& about, std::string const& toml) {
        if (about.belongs_to.empty()) out_ += fmt::format("{} = {}\n", about.name, toml);
    }

    std::string& out_;
};

/// Writes the whole file: sections and arrays of sections. No single value stands outside of a section.
class file_writer final : public key_visitor {
public:
    [[nodiscard]] std::string const& text() const noexcept { return out_; }

    void value(value_binding const&) override {}
    void list(list_binding const&) override {}
    void rows(rows_binding const& item) override {
        for (std::size_t row = 0; row < item.count(); ++row) {
            begin(fmt::format("[[{}]]", item.about.name));
            auto inside = section_writer{out_};
            item.describe_row(inside, row);
        }
    }
    void table(key const& about, std::function<void(key_visitor&)> const& describe_inside) override {
        begin(fmt::format("[{}]", about.name));
        auto inside = section_writer{out_};
        describe_inside(inside);
    }

private:
    void begin(std::string const& header) { out_ += fmt::format("{}{}\n", out_.empty() ? "" : "\n", header); }

    std::string out_;
};

}  // namespace

std::string render_redacted(settings const& item) {
    auto shown = item;
    file_writer out;
    describe(out, shown);
    return out.text();
}

}  // namespace voicehook::config
