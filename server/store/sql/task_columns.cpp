#include "store/sql/task_columns.hpp"

#include <fmt/format.h>

namespace voicehook::store::sql {

std::string select_tasks(std::string_view rest, task_bodies const& bodies) {
    static constexpr auto columns = R"(
        SELECT id, caller, created_at, model, fingerprint, callback_url, trace_parent, request_id, answer_by,
               idempotency_key, deadline, provider_id, unknown_since, accepted_at, submissions, queries, lease_token,
               leased_by, notes, status, progress, source, quarrel, last_problem,
               refused_status, refused_code, {}, stage, due_at, ended_as, ended_at, {}, {}
        FROM task {})";
    return fmt::format(columns, bodies.refused, bodies.submit, bodies.provider, rest);
}

std::optional<std::string_view> text_of(std::optional<std::string> const& text) {
    return text ? std::optional<std::string_view>{*text} : std::nullopt;
}

std::optional<std::string_view> provider_id_of(task_row const& row) {
    return row.item.provider_id ? std::optional<std::string_view>{row.item.provider_id->value()} : std::nullopt;
}

std::optional<core::terminal> ended_as(task_row const& row) {
    auto const* const over = std::get_if<core::ended>(&row.item.state);
    return over == nullptr ? std::nullopt : std::optional{over->what};
}

std::optional<instant> ended_at(task_row const& row) {
    auto const* const over = std::get_if<core::ended>(&row.item.state);
    return over == nullptr ? std::nullopt : std::optional{over->at};
}

std::optional<int> refused_status(task_row const& row) {
    return row.item.refused ? std::optional{row.item.refused->http_status} : std::nullopt;
}

std::optional<std::string_view> refused_code(task_row const& row) {
    return row.item.refused ? std::optional<std::string_view>{row.item.refused->code} : std::nullopt;
}

std::optional<blob> refused_json(task_row const& row) {
    return row.item.refused ? std::optional{blob{row.item.refused->error_json}} : std::nullopt;
}

}  // namespace voicehook::store::sql
