#include "app/ops/pages.hpp"

#include "app/commands.hpp"
#include "app/ops/phrases.hpp"
#include "app/ops/terminal_text.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::app::ops {
namespace {

constexpr std::size_t longest_page = 200;

/// Where the list stands between two pages.
struct progress {
    std::size_t printed{};
    std::string cursor;
    bool complete{};
};

question page_question(list_request const& what, std::string const& cursor, std::size_t lines) {
    auto pairs = what.filters;
    pairs.emplace_back("limit", std::to_string(lines));
    pairs.emplace_back("cursor", cursor);
    return {.path = with_query(what.path, pairs)};
}

std::size_t lines_wanted(list_wish const& wish, std::size_t printed) {
    return wish.all ? longest_page : std::min(longest_page, wish.limit - printed);
}

bool goes_on(list_wish const& wish, progress const& at) {
    return !at.complete && (wish.all || at.printed < wish.limit);
}

void print_page(conversation& with, list_request const& what, std::vector<json_part> const& lines, bool first) {
    auto text = what.table_of(lines, with.terminal.now()).render(with.terminal.width());
    if (!first) text.erase(0, text.find('\n') + 1);
    with.terminal.print(text);
}

void print_slice(conversation& with, std::vector<json_part> const& lines, bool first) {
    auto text = std::string{};
    for (auto const& line : lines) {
        text += first ? "{\"data\":[" : ",";
        text += line.raw();
        first = false;
    }
    with.terminal.piece(text);
}

}  // namespace

int print_list(conversation& with, list_request const& what, list_wish const& wish) {
    auto at = progress{.printed = 0, .cursor = wish.cursor, .complete = false};
    while (goes_on(wish, at)) {
        auto const first = at.printed == 0;
        auto const body = ask(with, page_question(what, at.cursor, lines_wanted(wish, at.printed)));
        if (!body) return body.error();
        auto const page = json_part{*body};
        auto const lines = page["data"].elements();
        at.printed += lines.size();
        auto const next = page["next_cursor"].text().value_or("");
        at.complete = next.empty() || next == at.cursor || lines.empty();
        at.cursor = next;
        if (with.for_programs() && first && !goes_on(wish, at)) {
            with.terminal.document(*body);
            return lines.empty() ? what.exit_when_empty : exit_ok;
        }
        if (with.for_programs())
            print_slice(with, lines, first);
        else if (!lines.empty())
            print_page(with, what, lines, first);
    }
    if (with.for_programs()) {
        with.terminal.document(fmt::format("],\"next_cursor\":{}}}", at.complete ? "null" : wire::quote(at.cursor)));
        return exit_ok;
    }
    if (at.printed == 0) {
        with.terminal.print(what.nothing + "\n");
        return what.exit_when_empty;
    }
    if (!at.complete)
        with.terminal.print(
            fmt::format("\nThere are more: --all, a higher --limit, or --cursor {}\n", shown(at.cursor)));
    return exit_ok;
}

}  // namespace voicehook::app::ops
