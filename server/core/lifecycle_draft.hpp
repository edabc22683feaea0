// The step in the making: what the parts of the lifecycle change while they apply an event. Internal to core.
#pragma once

#include "core/lifecycle.hpp"

#include <string>
#include <string_view>

namespace voicehook::core {

/// Whether a note found room in the timeline.
enum class noted : std::uint8_t { yes = 1, no_room };

/// Collects one step. `item` is the task as it will be; nothing is written elsewhere.
class draft {
public:
    draft(task const& before, instant now) : now{now}, item{before} {}

    [[nodiscard]] stage at() const noexcept { return stage_of(item.state); }

    void note(timeline_kind kind, std::string detail, std::string body = {});
    /// The same for what outsiders can cause: at most `max_callback_notes` of them per task.
    noted note_bounded(timeline_kind kind, std::string detail, std::string_view body = {});

    /// Takes the provider's id unless there is one; from now on it is known that the provider has the task.
    void bind(provider_task_id const& id);
    /// Remembers what last went wrong, made fit for display.
    void remember_problem(std::string_view cause);
    void end(terminal what, result_source source, std::string_view detail);

    [[nodiscard]] step finish(verdict what) &&;

    instant const now;
    task item;

private:
    std::vector<timeline_entry> timeline_;
    enum class ending : std::uint8_t { no, yes } ending_{ending::no};
};

/// Text of others as it may stand in a timeline entry: short and printable.
[[nodiscard]] std::string shown(std::string_view text);

[[nodiscard]] verdict apply(draft& next, submission_claimed const& event);
[[nodiscard]] verdict apply(draft& next, submission_lost const& event);
[[nodiscard]] verdict apply(draft& next, submission_accepted const& event);
[[nodiscard]] verdict apply(draft& next, submission_refused const& event);
[[nodiscard]] verdict apply(draft& next, submission_postponed const& event);
[[nodiscard]] verdict apply(draft& next, submission_unknown const& event);
[[nodiscard]] verdict apply(draft& next, submission_expired const& event);
[[nodiscard]] verdict apply(draft& next, callback_received const& event);
[[nodiscard]] verdict apply(draft& next, query_answered const& event);
[[nodiscard]] verdict apply(draft& next, query_failed const& event);
[[nodiscard]] verdict apply(draft& next, query_wanted const& event);
[[nodiscard]] verdict apply(draft& next, operator_ended const& event);
[[nodiscard]] verdict apply(draft& next, operator_bound const& event);
[[nodiscard]] verdict apply(draft& next, operator_resubmitted const& event);
[[nodiscard]] verdict apply(draft& next, operator_upheld const& event);

/// Takes over a status that is not terminal, and the progress: forward only, because messages may overtake each other.
enum class movement : std::uint8_t { none = 1, forward, backward };
movement take_progress(task& item, reported_status status, std::optional<int> progress) noexcept;

}  // namespace voicehook::core
