#include "app/ops/conversation.hpp"

#include "app/commands.hpp"
#include "app/ops/phrases.hpp"
#include "app/ops/terminal_text.hpp"
#include "base/encoding.hpp"

#include <fmt/format.h>

namespace voicehook::app::ops {
namespace {

bool is_good(int status) { return status >= 200 && status < 300; }

}  // namespace

std::expected<std::string, int> ask(conversation& with, question what) {
    auto got = with.api.ask(std::move(what));
    if (!got) {
        with.terminal.complain(fmt::format("voicehook: {}\n", shown(got.error().doing)));
        return std::unexpected{got.error().code == errc::stopping ? exit_interrupted : exit_failed};
    }
    if (!is_good(got->status)) {
        with.terminal.complain(with.for_programs() ? shown(got->body) + "\n" : explain(*got));
        return std::unexpected{exit_code_of(got->status)};
    }
    if (!json_part{got->body}.is_object()) {
        with.terminal.complain("voicehook: the answer is no JSON object: is this the ops listener of voicehook?\n");
        return std::unexpected{exit_failed};
    }
    return std::move(got->body);
}

std::string explain(answer const& refusal) {
    auto const problem = json_part{refusal.body};
    auto const detail = problem["detail"].text().value_or(problem["title"].text().value_or(""));
    auto const code = problem["error"]["code"].text();
    auto out = fmt::format("voicehook: HTTP {}{}{}{}\n", refusal.status, detail.empty() ? "" : ": ", shown(detail),
                           code ? " (" + shown(*code) + ")" : "");
    for (auto const& item : problem["errors"].elements())
        out += fmt::format("  {}: {}\n", text_or_dash(item["field"]), text_or_dash(item["message"]));
    return out;
}

int exit_code_of(int status) {
    switch (status) {
        case 400:
        case 401:
        case 403: return exit_refused;
        case 404: return exit_not_found;
        case 409: return exit_conflict;
        default: return is_good(status) ? exit_ok : exit_failed;
    }
}

std::string with_query(std::string path, std::vector<std::pair<std::string_view, std::string>> const& pairs) {
    auto mark = '?';
    for (auto const& [name, value] : pairs) {
        if (value.empty()) continue;
        path += fmt::format("{}{}={}", std::exchange(mark, '&'), name, percent_encode(value));
    }
    return path;
}

}  // namespace voicehook::app::ops
