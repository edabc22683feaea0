#include "store_contract.hpp"

#include "postgres_database.hpp"
#include "store/memory/create.hpp"
#include "store/postgres/create.hpp"
#include "store/sqlite/create.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace voicehook::contract {
namespace {

/// The value of an operation that a test takes for granted.
template <class T>
T must(result<T> outcome, std::string_view what) {
    if (!outcome) throw std::runtime_error{fmt::format("{}: {}", what, outcome.error().doing)};
    return std::move(*outcome);
}

}  // namespace

temporary_folder::temporary_folder() {
    // In memory where there is such a folder: these tests do not cut the power, so syncs would only cost time.
    auto const in_memory = std::filesystem::path{"/dev/shm"};
    auto const parent = std::filesystem::is_directory(in_memory) ? in_memory : std::filesystem::temp_directory_path();
    auto pattern = (parent / "voicehook-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
    path_ = pattern;
}

temporary_folder::~temporary_folder() {
    auto ignored = std::error_code{};
    std::filesystem::remove_all(path_, ignored);
}

std::vector<store_kind> every_store() { return {store_kind::memory, store_kind::sqlite, store_kind::postgres}; }

std::string store_name(::testing::TestParamInfo<store_kind> const& info) {
    switch (info.param) {
        case store_kind::memory: return "Memory";
        case store_kind::sqlite: return "Sqlite";
        case store_kind::postgres: return "Postgres";
    }
    return "Unknown";
}

std::unique_ptr<ports::store> make_store(store_kind kind, asio::io_context& io, temporary_folder const& folder) {
    switch (kind) {
        case store_kind::memory: return store::memory::create();
        case store_kind::sqlite:
            return must(store::sqlite::open(io.get_executor(), {.path = folder.file("voicehook.db")}, 1min, noon),
                        "open");
        case store_kind::postgres:
            empty_database();
            return must(store::postgres::open(io.get_executor(), on_made_up_time()), "open");
    }
    return nullptr;
}

void StoreContract::TearDown() {
    auto const report = wait(store_->audit());
    if (report)
        EXPECT_EQ(report->violations, std::vector<std::string>{});
    else
        EXPECT_EQ(report.error().code, errc::stopping) << report.error().doing;
    wait(store_->close());
    store_.reset();
}

core::task StoreContract::accept(core::task item) {
    auto accepted = must(wait(store().accept_task(std::move(item), {}, noon)), "accept");
    return std::move(accepted.item);
}

core::task StoreContract::claim_submission(instant now) {
    auto claimed = must(wait(store().claim_submissions(claim_at(now, 1), 1min)), "claim submission");
    return std::move(claimed.items.at(0));
}

core::task StoreContract::in_flight(unsigned n, instant poll_at) {
    auto const item = accept(submitting_sample(n));
    auto recorded = must(
        wait(store().record_submission(item.id, 1, accepted_as(provider_id_of(n), poll_at), deliver_nothing(), noon)),
        "record submission");
    return std::move(recorded.item);
}

core::task StoreContract::completed(unsigned n, std::vector<sink_name> sinks, instant at) {
    auto const item = in_flight(n);
    auto recorded =
        must(wait(store().record_callback(item.id, callback_of(provider_id_of(n), core::reported_status::completed),
                                          deliver_to(std::move(sinks)), at)),
             "record callback");
    return std::move(recorded.item);
}

core::delivery StoreContract::claim_delivery(sink_name const& sink, instant now) {
    auto claimed = must(wait(store().claim_deliveries(sink, claim_at(now, 1))), "claim delivery");
    return std::move(claimed.items.at(0));
}

core::delivery StoreContract::parked(unsigned n, sink_name const& sink) {
    auto const item = completed(n, {sink});
    auto const claimed = claim_delivery(sink);
    auto const failed = core::attempt_outcome{.failed = core::delivery_cause::status_5xx, .answer = "HTTP 500"};
    auto const recorded =
        wait(store().record_attempt(attempt_of(claimed, core::park{core::delivery_cause::status_5xx}, failed, noon)));
    if (!recorded) throw std::runtime_error{recorded.error().doing};
    return delivery(item.id, sink);
}

core::task StoreContract::task(task_id const& id) { return must(wait(store().find_task(id.value())), "find task"); }

ports::task_history StoreContract::history(task_id const& id) {
    return must(wait(store().read_history(id)), "read history");
}

core::delivery StoreContract::delivery(task_id const& id, sink_name const& sink) {
    auto const deliveries = history(id).deliveries;
    auto const found = std::ranges::find(deliveries, sink, &core::delivery::sink);
    if (found == deliveries.end()) throw std::runtime_error{"no such delivery"};
    return *found;
}

std::vector<core::timeline_kind> StoreContract::timeline(task_id const& id) {
    auto kinds = std::vector<core::timeline_kind>{};
    for (auto const& entry : history(id).timeline) kinds.push_back(entry.kind);
    return kinds;
}

ports::store_summary StoreContract::summary() { return must(wait(store().summary(noon)), "summary"); }

}  // namespace voicehook::contract
