#include "core/task_report.hpp"

#include "core/letter_case.hpp"

namespace voicehook::core {

std::optional<terminal> terminal_of(task_report const& report) noexcept {
    switch (report.status) {
        case reported_status::completed: return terminal::completed;
        case reported_status::failed:
            return same_word(report.error_code, "request_cancelled") ? terminal::cancelled : terminal::failed;
        case reported_status::cancelled: return terminal::cancelled;
        case reported_status::pending:
        case reported_status::processing:
        case reported_status::other: return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace voicehook::core
