#include "store/sql/delivery_columns.hpp"

#include <fmt/format.h>

namespace voicehook::store::sql {

std::string select_deliveries(std::string_view rest, std::string_view body) {
    static constexpr auto columns = R"(
        SELECT id, task, (SELECT task.trace_parent FROM task WHERE task.id = delivery.task) AS task_trace_parent,
               caller, sink, destination, content_type, event_type, encoding, created_at, state, due_at, tried_for,
               attempts, lease_token, leased_by, cause, last_answer, {}
        FROM delivery {})";
    return fmt::format(columns, body, rest);
}

}  // namespace voicehook::store::sql
