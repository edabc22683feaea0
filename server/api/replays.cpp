#include "api/replays.hpp"

#include "api/answers.hpp"
#include "api/json_parts.hpp"
#include "api/operator_requests.hpp"
#include "api/query_reader.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "wire/json_reader.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voicehook::api {
namespace {

enum class run : unsigned char { dry = 1, real };

std::uint64_t total_of(ports::parked_count const& found) {
    auto total = std::uint64_t{};
    for (auto const& [sink, count] : found.sinks) total += count;
    return total;
}

std::uint64_t seconds_for(std::uint64_t deliveries, std::uint64_t per_second) {
    return (deliveries + per_second - 1) / per_second;
}

std::optional<instant> read_moment(wire::json_reader& in, std::string_view field, core::complaints& complaints) {
    auto const given = in.optional_text(field);
    if (!given) return std::nullopt;
    auto const at = parse_rfc3339(*given);
    if (!at) complaints.push_back({std::string{field}, "must be an RFC 3339 date such as 2026-04-02T10:00:00Z"});
    return at;
}

std::optional<core::delivery_cause> read_cause(wire::json_reader& in, core::complaints& complaints) {
    auto const given = in.optional_text("cause");
    if (!given) return std::nullopt;
    auto const cause = from_text<core::delivery_cause>(*given);
    auto allowed = std::string{};
    for (auto const& [value, name] : names_of<core::delivery_cause>)
        allowed += (allowed.empty() ? "" : ", ") + std::string{name};
    if (!cause) complaints.push_back({"cause", "must be one of " + allowed});
    return cause;
}

http::response more_than_expected(std::uint64_t expected, std::uint64_t found) {
    return problem_response(
        409, "more_than_expected",
        fmt::format("{} parked deliveries pass by now, {} were expected: make another dry run.", found, expected));
}

}  // namespace

struct replays::order {
    ports::parked_filter filter;
    std::string reason;
    run how{run::dry};
    std::uint64_t expected{};

    [[nodiscard]] static std::expected<order, core::complaints> read(std::string_view body);
};

std::expected<replays::order, core::complaints> replays::order::read(std::string_view body) {
    wire::json_reader in{body};
    auto wanted = order{};
    auto complaints = core::complaints{};
    auto const sink = in.optional_text("sink");
    if (sink) wanted.filter.sink = sink_name{*sink};
    wanted.filter.cause = read_cause(in, complaints);
    wanted.filter.created_after = read_moment(in, "created_after", complaints);
    wanted.filter.created_before = read_moment(in, "created_before", complaints);
    wanted.reason = in.required_text("reason");
    if (in.has("reason")) check_reason(wanted.reason, complaints);
    wanted.how = in.optional_flag("dry_run").value_or(true) ? run::dry : run::real;
    auto const expected = in.optional_integer("expected");
    if (wanted.how == run::real && expected.value_or(-1) < 0)
        complaints.push_back({"expected", "is required unless dry_run: the count of the dry run"});
    wanted.expected = static_cast<std::uint64_t>(std::max<std::int64_t>(0, expected.value_or(0)));
    in.allow_only({"sink", "cause", "created_after", "created_before", "reason", "dry_run", "expected"});
    complaints.insert(complaints.begin(), in.complaints().begin(), in.complaints().end());
    if (!complaints.empty()) return std::unexpected{std::move(complaints)};
    return wanted;
}

std::vector<http::route> replays::routes() {
    using member = awaitable<http::response> (replays::*)(http::request);
    auto const bind = [this](member function) -> request_handler {
        return [this, function](http::request item) { return (this->*function)(std::move(item)); };
    };
    return {reading_route("/ops/v1/replays", bind(&replays::list)),
            action_route("/ops/v1/replays", bind(&replays::begin), action_body::json),
            reading_route("/ops/v1/replays/{id}", bind(&replays::show)),
            action_route("/ops/v1/replays/{id}/cancel", bind(&replays::cancel), action_body::anything)};
}

awaitable<http::response> replays::begin(http::request item) {
    auto wanted = order::read(item.body);
    if (!wanted) co_return invalid_response(std::move(wanted.error()));
    if (wanted->filter.sink && !bells_.serves(*wanted->filter.sink))
        co_return problem_response(409, "sink_removed",
                                   "This sink is not in the configuration: nobody would take its deliveries.");
    auto const found = co_await store_.count_parked(wanted->filter);
    if (!found) co_return unavailable_response(found.error());
    if (wanted->how == run::dry) co_return http::json_response(200, render_dry_run(*found));
    if (total_of(*found) > wanted->expected) co_return more_than_expected(wanted->expected, total_of(*found));
    if (total_of(*found) == 0)
        co_return problem_response(409, "nothing_parked", "No parked delivery passes this filter.");
    auto answer = co_await start(std::move(*wanted), *found, item.principal);
    co_return answer;
}

/// One for each sink that has some, each at its own pace; the answer tells of the first, and names the others.
awaitable<http::response> replays::start(order wanted, ports::parked_count found, std::string who) {
    auto first = std::string{};
    auto others = std::vector<std::string>{};
    for (auto const& [sink, count] : found.sinks) {
        if (!bells_.serves(sink)) continue;
        auto const now = clock_.now();
        auto item = ports::replay{};
        item.id = replay_id{"replay-" + make_uuid_v7(now, random_entropy())};
        item.filter = wanted.filter;
        item.filter.sink = sink;
        item.who = who;
        item.why = wanted.reason;
        item.started_at = now;
        item.updated_at = now;
        item.total = count;
        auto const by = ports::action{
            .at = now, .who = who, .what = ports::action_kind::replay, .subject = item.id.value(), .why = item.why};
        auto const started = co_await store_.start_replay(item, by);
        if (!started && started.error().code == errc::conflict)
            co_return problem_response(
                409, "replay_running",
                fmt::format("A replay for {} is running: wait for it, or cancel it first.", sink.value()));
        if (!started) co_return unavailable_response(started.error());
        log_info("operator_action",
                 {{"operator", who}, {"action", "replay"}, {"replay", item.id}, {"sink", sink}, {"count", count}});
        note_action(activity_, by, {}, sink);
        if (first.empty())
            first = render(item);
        else
            others.push_back(item.id.value());
    }
    worker_.look_now();
    if (first.empty())
        co_return problem_response(409, "sink_removed", "No sink that has some is in the configuration.");
    first.back() = ',';
    co_return http::json_response(202, first + "\"others\":" + render_array(others, wire::quote) + "}");
}

awaitable<http::response> replays::list(http::request item) {
    query_reader query{item};
    auto const limit = query.count("limit", 1, longest_page).value_or(page_size);
    auto complaints = std::move(query).finish();
    if (!complaints.empty()) co_return invalid_response(std::move(complaints));
    auto const found = co_await store_.list_replays(limit);
    if (!found) co_return unavailable_response(found.error());
    wire::object_writer out;
    out.raw("data", render_array(*found, [this](ports::replay const& each) { return render(each); }));
    out.raw("next_cursor", "null");
    co_return http::json_response(200, std::move(out).finish());
}

awaitable<http::response> replays::show(http::request item) {
    auto const found = co_await store_.find_replay(replay_id{item.parameters.front()});
    if (!found) co_return failed_action(found.error(), "replay");
    co_return http::json_response(200, render(*found));
}

awaitable<http::response> replays::cancel(http::request item) {
    auto const id = replay_id{item.parameters.front()};
    auto const by = ports::action{
        .at = clock_.now(), .who = item.principal, .what = ports::action_kind::replay_cancel, .subject = id.value()};
    auto const cancelled = co_await store_.cancel_replay(id, by);
    if (!cancelled && cancelled.error().code == errc::conflict)
        co_return problem_response(409, "replay_ended",
                                   "This replay has ended already. What it made due can be paused with its sink.");
    if (!cancelled) co_return failed_action(cancelled.error(), "replay");
    log_info("operator_action", {{"operator", item.principal}, {"action", "replay_cancel"}, {"replay", id}});
    note_action(activity_, by, {}, cancelled->filter.sink);
    co_return http::json_response(200, render(*cancelled));
}

std::string replays::render(ports::replay const& item) const {
    auto const running = item.state == ports::replay_state::running;
    auto const rest = item.total > item.replayed ? item.total - item.replayed : 0;
    wire::object_writer out;
    out.text("id", item.id.value()).text("state", to_text(item.state));
    out.raw("sink", item.filter.sink ? wire::quote(item.filter.sink->value()) : "null");
    out.raw("cause", item.filter.cause ? wire::quote(to_text(*item.filter.cause)) : "null");
    out.raw("created_after", time_or_null(item.filter.created_after));
    out.raw("created_before", time_or_null(item.filter.created_before));
    out.text("reason", item.why).text("who", item.who).text("started_at", to_rfc3339(item.started_at));
    out.text("updated_at", to_rfc3339(item.updated_at)).raw("finished_at", time_or_null(item.finished_at));
    out.raw("total", number(item.total)).raw("replayed", number(item.replayed));
    out.raw("per_second", number(worker_.per_second()));
    out.raw("estimated_seconds", running ? number(seconds_for(rest, worker_.per_second())) : "null");
    return std::move(out).finish();
}

std::string replays::render_dry_run(ports::parked_count const& found) const {
    auto largest = std::uint64_t{};
    wire::object_writer sinks;
    for (auto const& [sink, count] : found.sinks) {
        sinks.raw(sink.value(), number(count));
        largest = std::max(largest, count);
    }
    wire::object_writer out;
    out.boolean("dry_run", true).raw("count", number(total_of(found)));
    out.raw("oldest_created_at", time_or_null(found.oldest)).raw("per_second", number(worker_.per_second()));
    out.raw("estimated_seconds", number(seconds_for(largest, worker_.per_second())));
    out.raw("sinks", std::move(sinks).finish());
    return std::move(out).finish();
}

}  // namespace voicehook::api
