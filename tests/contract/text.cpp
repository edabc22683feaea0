#include "text.hpp"

#include <fmt/format.h>

#include <optional>
#include <type_traits>
#include <variant>

namespace voicehook::contract {
namespace {

std::string show(std::string const& text) { return "'" + text + "'"; }
std::string show(instant at) { return std::to_string(to_unix_ms(at)); }
std::string show(duration span) { return fmt::format("{}ms", span.count()); }
template <class Tag>
std::string show(strong<Tag> const& id) {
    return id.value();
}
template <named E>
std::string show(E value) {
    return std::string{to_text(value)};
}
template <class Int>
    requires std::is_integral_v<Int>
std::string show(Int number) {
    return std::to_string(number);
}
std::string show(core::refusal const& why) {
    return fmt::format("{} {} {}", why.http_status, why.code, why.error_json);
}
template <class T>
std::string show(std::optional<T> const& value) {
    return value ? show(*value) : "-";
}

std::string show(core::task_state const& state) {
    auto text = fmt::format("{} due {}", show(core::stage_of(state)), show(core::due_at(state)));
    if (auto const* const over = std::get_if<core::ended>(&state))
        text += fmt::format(" as {} at {}", show(over->what), show(over->at));
    return text;
}

template <class Items>
std::string lines_of(Items const& items) {
    auto text = std::string{};
    for (auto const& item : items) text += "\n  " + text_of(item);
    return text;
}

template <class Map>
std::string show_map(Map const& map) {
    auto text = std::string{};
    for (auto const& [key, value] : map) text += fmt::format(" {}={}", show(key), show(value));
    return text;
}

}  // namespace

std::string text_of(core::task const& item) {
    return fmt::format(
        "task {} of {} created {} model {} submit {} key {} fingerprint {} callback_url {} trace {} request {} "
        "deadline {} "
        "answer_by {} state [{}] provider {} unknown_since {} accepted_at {} submissions {} queries {} token {} notes "
        "{} "
        "status {} progress {} body {} refused {} source {} quarrel {} problem {}",
        show(item.id), show(item.caller), show(item.created_at), show(item.model), show(item.submit_body),
        show(item.idempotency_key), show(item.fingerprint), show(item.callback_url), show(item.trace_parent),
        show(item.request_id), show(item.deadline), show(item.answer_by), show(item.state), show(item.provider_id),
        show(item.unknown_since), show(item.accepted_at), item.submissions, item.queries, item.lease_token, item.notes,
        show(item.status), item.progress, show(item.provider_body), show(item.refused), show(item.source),
        show(item.quarrel), show(item.last_problem));
}

std::string text_of(core::delivery const& item) {
    return fmt::format(
        "delivery {} task {} in {} caller {} sink {} to {} type {} body {} state {} created {} due {} tried {} "
        "attempts {} "
        "token {} cause {} answer {}",
        show(item.id), show(item.task), show(item.task_trace_parent), show(item.caller), show(item.sink),
        show(item.destination), show(item.content_type), show(item.body), show(item.state), show(item.created_at),
        show(item.due_at), show(item.tried_for), item.attempts, item.lease_token, show(item.cause),
        show(item.last_answer));
}

std::string text_of(ports::acceptance const& item) { return fmt::format("{} {}", show(item.what), text_of(item.item)); }

std::string text_of(ports::claimed<core::task> const& item) {
    return fmt::format("next {} lost {}{}", show(item.next_due), item.lost, lines_of(item.items));
}

std::string text_of(ports::claimed<core::delivery> const& item) {
    return fmt::format("next {}{}", show(item.next_due), lines_of(item.items));
}

std::string text_of(ports::retired const& item) {
    return fmt::format("{} tasks retired, {} deliveries discarded", item.tasks, item.discarded);
}

std::string text_of(ports::transition const& item) {
    return fmt::format("{} from {} ends {} {}", show(item.what), show(item.before), show(item.ends),
                       text_of(item.item));
}

std::string text_of(ports::task_page const& item) {
    return fmt::format("more {}{}", show(item.more), lines_of(item.items));
}

std::string text_of(ports::delivery_page const& item) {
    return fmt::format("more {}{}", show(item.more), lines_of(item.items));
}

std::string text_of(ports::task_history const& item) {
    auto text = text_of(item.item);
    for (auto const& entry : item.timeline)
        text += fmt::format("\n  {} {} {} {}", show(entry.at), show(entry.kind), show(entry.detail), show(entry.body));
    return text + lines_of(item.deliveries);
}

std::string text_of(ports::replica_note const& item) {
    return fmt::format("{} {} {} since {}", show(item.owner), item.name, item.version, show(item.started_at));
}

std::string text_of(ports::replica const& item) {
    return fmt::format("replica {} seen {} present {}", text_of(item.note), show(item.seen_at),
                       show(item.present_since));
}

std::string text_of(ports::company const& item) {
    return fmt::format("submission {} query {} deliveries{} taken {}{} lost{}", show(item.next_submission),
                       show(item.next_query), show_map(item.next_deliveries), item.leases_taken,
                       lines_of(item.replicas), lines_of(item.lost));
}

std::string text_of(ports::store_summary const& item) {
    auto text = fmt::format(
        "accepted {} tasks{} oldest{} retired {} submission {} query {} results{} disputed {} deliveries {} "
        "retired {} open{}",
        item.accepted, show_map(item.tasks), show_map(item.oldest), item.tasks_retired, show(item.next_submission),
        show(item.next_query), show_map(item.results), item.disputed, item.deliveries_created, item.deliveries_retired,
        show_map(item.open_by_caller));
    for (auto const& [name, sink] : item.sinks)
        text += fmt::format("\n  {}:{} parked{} oldest {} {} due {} alive {} paused {}", show(name),
                            show_map(sink.by_state), show_map(sink.parked_by_cause), show(sink.oldest_waiting),
                            show(sink.oldest_parked), show(sink.next_due), show(sink.oldest_alive), show(sink.paused));
    return text + lines_of(item.replicas);
}

std::string text_of(ports::audit_report const& item) {
    auto text = text_of(item.counters);
    for (auto const& violation : item.violations) text += "\n  ! " + violation;
    return text;
}

std::string text_of(ports::action_page const& item) {
    auto text = std::string{item.more ? "more" : "last"};
    for (auto const& each : item.items)
        text += fmt::format("\n  {} {} {} {} {}", show(each.at), show(each.who), show(each.what), show(each.subject),
                            show(each.why));
    return text;
}

std::string text_of(ports::parked_count const& item) {
    return fmt::format("parked{} oldest {}", show_map(item.sinks), show(item.oldest));
}

std::string text_of(ports::replay const& item) {
    auto const& filter = item.filter;
    auto const reached =
        item.reached ? fmt::format("{} {}", show(item.reached->created_at), show(item.reached->id)) : "-";
    return fmt::format("{} of {} {} {} {} by {} {} from {} at {} until {} {} {}/{} reached {}", show(item.id),
                       show(filter.sink), show(filter.cause), show(filter.created_after), show(filter.created_before),
                       show(item.who), show(item.why), show(item.started_at), show(item.updated_at),
                       show(item.finished_at), show(item.state), item.replayed, item.total, reached);
}

std::string text_of(ports::replay_round const& item) {
    auto text = "running" + lines_of(item.running) + " ended" + lines_of(item.ended) + " due";
    for (auto const& sink : item.due) text += " " + show(sink);
    return text;
}

std::string text_of(std::vector<core::task> const& items) { return "found" + lines_of(items); }
std::string text_of(std::vector<ports::replay> const& items) { return "replays" + lines_of(items); }

}  // namespace voicehook::contract
