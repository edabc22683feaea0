#include "provider_model.hpp"

#include "provider_bodies.hpp"

#include <array>
#include <vector>

namespace voicehook::simulation {
namespace {

using core::terminal;

/// The part of the submitted bytes after our callback path.
std::string segment_of(std::string const& body) {
    constexpr std::string_view path = "/callbacks/v1/";
    auto const from = body.find(path);
    if (from == std::string::npos) return {};
    auto const begin = from + path.size();
    return body.substr(begin, body.find('"', begin) - begin);
}

terminal draw_outcome(dice& luck) {
    auto const lot = luck.unit();
    return lot < 0.7 ? terminal::completed : lot < 0.9 ? terminal::failed : terminal::cancelled;
}

terminal another_than(terminal what) { return what == terminal::completed ? terminal::failed : terminal::completed; }

served error(int status, std::string_view code, std::string_view type) { return {status, error_body(code, type)}; }

}  // namespace

std::optional<served> provider_model::refuse(task_id const& key, std::string const& body) {
    auto& around = world_;
    if (body.contains("REFUSE ME")) {
        ++around.happened[fault::task_invalid];
        around.book.refused(key);
        return error(400, "invalid_request", "invalid_request_error");
    }
    if (around.strikes(fault::submit_no_channel)) return error(400, "no_available_channel", "server_error");
    if (around.strikes(fault::submit_unauthorized)) return error(401, "KEY_DISABLED", "authentication_error");
    if (around.strikes(fault::submit_rate_limited)) {
        auto limited = error(429, "rate_limit_exceeded", "rate_limit_error");
        if (around.luck.chance(0.5)) limited.retry_after = "3";
        return limited;
    }
    if (around.strikes(fault::submit_server_error)) return error(500, "internal_error", "server_error");
    if (around.strikes(fault::submit_html)) return served{502, "<html>bad gateway</html>"};
    if (around.strikes(fault::submit_proxy_404)) return served{404, "<html>not found</html>"};
    if (around.strikes(fault::submit_quota)) {
        around.book.refused(key);
        return error(402, "insufficient_quota", "quota_error");
    }
    if (around.strikes(fault::submit_forbidden)) {
        around.book.refused(key);
        return error(403, "model_access_denied", "permission_error");
    }
    return std::nullopt;
}

served provider_model::submit(task_id const& key, std::string const& body) {
    auto segment = segment_of(body);
    world_.book.submitted(key, body, segment);
    auto const known = by_key_.find(key);
    if (known != by_key_.end() && world_.rules.keys == key_memory::honoured) {
        if (known->second->body != body) {
            world_.book.refused(key);
            return error(409, "idempotency_conflict", "invalid_request_error");
        }
        if (world_.strikes(fault::submit_paid_unknown)) return error(409, "paid_outcome_unknown", "server_error");
        return show(*known->second);
    }
    if (auto refused = refuse(key, body)) return *refused;
    auto const made = create(key, body, std::move(segment));
    if (world_.strikes(fault::submit_server_error)) return error(500, "internal_error", "server_error");
    if (world_.strikes(fault::submit_no_id)) return {200, R"({"status":"pending"})"};
    return {200, accepted_body(made->id.value())};
}

served provider_model::show(job const& item) {
    if (!item.done)
        return {200,
                item.progress == 0 ? accepted_body(item.id.value()) : running_body(item.id.value(), item.progress)};
    world_.book.told(item.key, item.outcome);
    return {200, ended_body(item.id.value(), item.outcome, body_form::usual, world_.luck)};
}

provider_model::shared_job provider_model::create(task_id const& key, std::string const& body, std::string segment) {
    auto const item = std::make_shared<job>();
    item->id = provider_task_id{fmt::format("task-unified-{}-{:08x}", to_unix_seconds(world_.time.now()),
                                            static_cast<std::uint32_t>(world_.luck.next()))};
    item->key = key;
    item->body = body;
    item->segment = std::move(segment);
    item->outcome = draw_outcome(world_.luck);
    by_key_[key] = item;
    by_id_[item->id] = item;
    world_.book.created(key);
    world_.lines.about(key, world_.time.now(), "provider created {}", item->id.value());
    auto const early = world_.strikes(fault::callback_early);
    auto const work = early ? 0ms : world_.luck.between(500ms, world_.rules.work);
    world_.time.after(work, [this, item] { finish(item); });
    if (world_.strikes(fault::callback_progress))
        world_.time.after(work / 2, [this, item] {
            item->progress = 50;
            attempt(item, running_body(item->id.value(), 50), 0);
        });
    pester(item);
    return item;
}

void provider_model::finish(shared_job const& item) {
    if (item->done) return;
    item->done = true;
    auto const late = world_.strikes(fault::callback_late) ? world_.luck.between(1min, 1h) : 0ms;
    if (!world_.strikes(fault::callback_never)) tell(item, item->outcome, late);
    if (world_.strikes(fault::callback_twice)) tell(item, item->outcome, world_.luck.between(0ms, 30s));
    if (world_.strikes(fault::callback_contradicts)) {
        auto const other = another_than(item->outcome);
        tell(item, other, world_.luck.between(0ms, 30s));
        if (world_.luck.chance(0.5)) item->outcome = other;  // the provider may stand by either
    }
}

void provider_model::tell(shared_job const& item, terminal what, duration when) {
    auto const form = world_.strikes(fault::callback_odd_body) ? body_form::odd : body_form::usual;
    auto body = ended_body(item->id.value(), what, form, world_.luck);
    auto const broken = world_.strikes(fault::callback_malformed);
    if (broken) body = malformed_body(item->id.value(), world_.luck);
    world_.time.after(when, [this, item, what, body = std::move(body), broken]() mutable {
        if (!broken) world_.book.told(item->key, what);
        attempt(item, std::move(body), 0);
    });
}

void provider_model::attempt(shared_job const& item, std::string body, std::size_t number) {
    static constexpr std::array<duration, 3> waits{1s, 2s, 4s};
    static constexpr duration limit = 10s;
    struct state {
        bool over{};
    };
    auto const open = std::make_shared<state>();
    auto over = [this, item, body, number, open](std::optional<int> status) {
        if (std::exchange(open->over, true)) return;
        if (status && *status / 100 == 2) {
            ++acknowledged_;
            if (!world_.strikes(fault::callback_ack_lost)) return;
        }
        if (number < waits.size())
            world_.time.after(waits[number], [this, item, body, number] { attempt(item, body, number + 1); });
    };
    world_.time.after(limit, [over]() mutable { over(std::nullopt); });
    if (world_.strikes(fault::callback_lost)) return;
    call(item->segment, std::move(body), std::move(over));
}

/// Callbacks that are not the provider's own, or name another task.
void provider_model::pester(shared_job const& item) {
    auto const ignore = [](std::optional<int>) {};
    if (world_.strikes(fault::callback_forged))
        world_.time.after(world_.luck.between(0ms, 30s), [this, item, ignore] {
            auto forged = item->segment;
            forged.back() = forged.back() == 'A' ? 'B' : 'A';
            call(forged, ended_body(item->id.value(), another_than(item->outcome), body_form::usual, world_.luck),
                 ignore);
        });
    if (world_.strikes(fault::callback_wrong_task))
        world_.time.after(world_.luck.between(0ms, 30s), [this, item, ignore] {
            auto const* const known = world_.book.find(item->key);
            if (known == nullptr || known->provider_id != item->id) return;  // it could not be told from a true one
            call(item->segment,
                 ended_body("task-unified-1-wrong", another_than(item->outcome), body_form::usual, world_.luck),
                 ignore);
        });
}

served provider_model::query(provider_task_id const& id) {
    if (world_.strikes(fault::query_rate_limited)) {
        auto limited = error(429, "rate_limit_exceeded", "rate_limit_error");
        limited.retry_after = "5";
        return limited;
    }
    if (world_.strikes(fault::query_server_error)) return error(500, "internal_error", "server_error");
    if (world_.strikes(fault::query_not_found)) return error(404, "task_not_found", "invalid_request_error");
    if (world_.strikes(fault::query_html)) return {502, "<html>bad gateway</html>"};
    if (world_.strikes(fault::query_wrong_task)) return {200, running_body("task-unified-1-wrong", 10)};
    auto const known = by_id_.find(id);
    if (known == by_id_.end()) return error(404, "task_not_found", "invalid_request_error");
    auto const& item = *known->second;
    if (world_.strikes(fault::query_lags)) return {200, running_body(id.value(), 40)};
    return show(item);
}

void provider_model::finish_everything() {
    for (auto const& [id, item] : by_id_) item->done = true;
}

std::optional<provider_task_id> provider_model::bound_to(task_id const& key) const {
    auto const known = by_key_.find(key);
    if (known == by_key_.end()) return std::nullopt;
    return known->second->id;
}

}  // namespace voicehook::simulation
