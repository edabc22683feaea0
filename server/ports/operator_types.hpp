// What operators look for and do, as the store finds and keeps it.
#pragma once

#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/time.hpp"
#include "core/delivery.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::ports {

// ---- actions --------------------------------------------------------------------------------------------------------

/// What an operator can do.
enum class action_kind : std::uint8_t {
    retry = 1,
    discard,
    pause,
    resume,
    query,
    fail,
    cancel,
    bind,
    resubmit,
    uphold,
    replay,
    replay_cancel,
    backup,
};

/// Something that an operator did, kept as long as ended tasks are.
struct action {
    std::int64_t place{};  ///< given by the store: later actions have greater ones
    instant at;
    std::string who;  ///< the name of the operator's token
    action_kind what{};
    std::string subject;  ///< the id of a task, delivery or replay, the name of a sink, the file of a backup
    std::string why;
};

struct action_filter {
    std::optional<std::int64_t> before;  ///< cursor: the place of the last action of the page before
    std::size_t limit{50};
};
struct action_page {
    std::vector<action> items;  ///< newest first
    bool more{};
};

// ---- finding tasks --------------------------------------------------------------------------------------------------

/// What a task can be found by. Each that is given is looked for; what any of them finds counts.
struct task_lookup {
    std::optional<task_id> id;
    std::optional<provider_task_id> provider_id;
    std::optional<std::string> idempotency_key;  ///< of any caller
    std::optional<delivery_id> delivery;         ///< the `webhook-id`
    std::optional<std::string> trace_id;         ///< of a caller's own trace: 32 hex digits
    std::size_t limit{50};
};

// ---- replays --------------------------------------------------------------------------------------------------------

/// Which parked deliveries are meant.
struct parked_filter {
    std::optional<sink_name> sink;  ///< nothing: of every sink
    std::optional<core::delivery_cause> cause;
    std::optional<instant> created_after;   ///< exclusive
    std::optional<instant> created_before;  ///< exclusive
    friend bool operator==(parked_filter const&, parked_filter const&) = default;
};

struct parked_count {
    std::map<sink_name, std::uint64_t> sinks;  ///< only those that have some
    std::optional<instant> oldest;             ///< creation of the oldest of them
};

enum class replay_state : std::uint8_t { running = 1, done, cancelled };

/// How far a replay has come: it goes from the oldest to the newest, each delivery once.
struct replay_place {
    instant created_at;
    delivery_id id;
    friend bool operator==(replay_place const&, replay_place const&) = default;
};

/// Many parked deliveries of one sink, made due again little by little. Its times are the store's.
struct replay {
    replay_id id;
    parked_filter filter;  ///< with a sink
    std::string who;
    std::string why;
    instant started_at;
    instant updated_at;
    std::optional<instant> finished_at;
    replay_state state{replay_state::running};
    std::uint64_t total{};     ///< how many there were when it was started
    std::uint64_t replayed{};  ///< made due so far
    std::optional<replay_place> reached;
    friend bool operator==(replay const&, replay const&) = default;
};

/// How fast replays go on: of each sink `batch` deliveries every `pace` at most, however many replicas work at it, and
/// none while `max_waiting` or more wait for the sink, so that live traffic comes first.
struct replay_terms {
    instant now;
    std::vector<sink_name> sinks;  ///< that are served: replays of others stand still
    std::size_t batch{20};
    duration pace{200ms};
    std::uint64_t max_waiting{100};
};

struct replay_round {
    std::vector<replay> running;  ///< after this round
    std::vector<replay> ended;    ///< by this round
    std::vector<sink_name> due;   ///< sinks for which something is due now
};

}  // namespace voicehook::ports

namespace voicehook {
template <>
inline constexpr auto names_of<ports::action_kind> = std::array{
    entry(ports::action_kind::retry, "retry"),       entry(ports::action_kind::discard, "discard"),
    entry(ports::action_kind::pause, "pause"),       entry(ports::action_kind::resume, "resume"),
    entry(ports::action_kind::query, "query"),       entry(ports::action_kind::fail, "fail"),
    entry(ports::action_kind::cancel, "cancel"),     entry(ports::action_kind::bind, "bind"),
    entry(ports::action_kind::resubmit, "resubmit"), entry(ports::action_kind::uphold, "uphold"),
    entry(ports::action_kind::replay, "replay"),     entry(ports::action_kind::replay_cancel, "replay_cancel"),
    entry(ports::action_kind::backup, "backup")};
template <>
inline constexpr auto names_of<ports::replay_state> =
    std::array{entry(ports::replay_state::running, "running"), entry(ports::replay_state::done, "done"),
               entry(ports::replay_state::cancelled, "cancelled")};
}  // namespace voicehook
