#include "api/backups.hpp"

#include "api/answers.hpp"
#include "api/json_parts.hpp"
#include "api/operator_requests.hpp"
#include "base/log.hpp"
#include "wire/raw_json.hpp"

#include <exception>
#include <utility>

namespace voicehook::api {
namespace {

std::string text_or_null(std::string_view text) { return text.empty() ? "null" : wire::quote(text); }

}  // namespace

std::vector<http::route> backups::routes() {
    return {
        reading_route("/ops/v1/backups", [this](http::request item) { return show(std::move(item)); }),
        action_route(
            "/ops/v1/backups", [this](http::request item) { return begin(std::move(item)); }, action_body::anything)};
}

awaitable<http::response> backups::show(http::request) { co_return http::json_response(200, render()); }

awaitable<http::response> backups::begin(http::request item) {
    if (auto const advice = store_.backup_advice(); !advice.empty())
        co_return problem_response(409, "use_the_databases_own", std::string{advice});
    if (running_) co_return problem_response(409, "backup_running", "A backup is under way; look how far it is.");

    auto const now = clock_.wall();
    auto request = ports::backup_request{.folder = settings_.folder, .at = now, .keep = settings_.keep};
    auto const file = settings_.folder + "/" + ports::backup_file_name(now);
    running_ = running{{now, item.principal, file}, request.progress};  // from here on nobody else begins one
    auto const done = ports::action{
        .at = clock_.now(), .who = item.principal, .what = ports::action_kind::backup, .subject = file, .why = {}};
    auto const kept = co_await store_.record_action(done);
    if (!kept) {
        running_.reset();
        co_return unavailable_response(kept.error());
    }
    log_info("operator_action", {{"operator", item.principal}, {"action", "backup"}, {"file", file}});
    note_action(activity_, done);
    work_.spawn("backup", make(std::move(request)));
    co_return http::json_response(202, render());
}

awaitable<void> backups::make(ports::backup_request request) {
    auto outcome = co_await attempt(std::move(request));
    conclude(std::move(outcome));
}

/// A surprise must not leave it running for ever.
awaitable<result<ports::backup_report>> backups::attempt(ports::backup_request request) {
    try {
        auto outcome = co_await store_.back_up(std::move(request));
        co_return outcome;
    } catch (std::exception const& surprise) {
        co_return fail(errc::store_unavailable, surprise.what());
    }
}

void backups::conclude(result<ports::backup_report> outcome) {
    auto const now = clock_.wall();
    auto const took = now - running_->what.started_at;
    if (outcome) {
        log_info("backup_made", {{"file", outcome->file},
                                 {"bytes", outcome->bytes},
                                 {"tasks", outcome->tasks},
                                 {"log_bytes", outcome->log_bytes},
                                 {"older_deleted", outcome->deleted},
                                 {"took_ms", took}});
        metrics_.set(telemetry::gauge::backup_last_success_timestamp_seconds, {},
                     static_cast<double>(to_unix_seconds(now)));
    } else {
        log_error("backup_failed", {{"code", to_text(outcome.error().code)}, {"doing", outcome.error().doing}});
    }
    last_ = ended{std::move(running_->what), now, std::move(outcome)};
    running_.reset();
}

std::string backups::render() const {
    auto const advice = store_.backup_advice();
    auto under_way = std::string{"null"};
    if (running_) {
        wire::object_writer line;
        line.text("started_at", to_rfc3339(running_->what.started_at))
            .text("who", running_->what.who)
            .text("file", running_->what.file)
            .raw("pages_done", number(running_->progress->pages_done))
            .raw("pages_total", number(running_->progress->pages_total));
        under_way = std::move(line).finish();
    }
    auto last = std::string{"null"};
    if (last_) {
        auto const& outcome = last_->outcome;
        wire::object_writer line;
        line.text("started_at", to_rfc3339(last_->what.started_at))
            .text("finished_at", to_rfc3339(last_->finished_at))
            .text("who", last_->what.who)
            .text("file", outcome ? outcome->file : last_->what.file)
            .raw("bytes", outcome ? number(outcome->bytes) : "null")
            .boolean("verified", outcome.has_value())
            .raw("error", text_or_null(outcome ? std::string_view{} : outcome.error().doing));
        last = std::move(line).finish();
    }
    wire::object_writer all;
    all.boolean("supported", advice.empty())
        .raw("advice", text_or_null(advice))
        .raw("running", under_way)
        .raw("last", last);
    return std::move(all).finish();
}

awaitable<void> backups::finish() { co_await work_.drained(); }

}  // namespace voicehook::api
