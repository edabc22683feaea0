#include "postgres_fixture.hpp"

#include <stdexcept>

namespace voicehook::contract {
namespace {

template <class T>
T must(result<T> outcome) {
    if (!outcome) throw std::runtime_error{outcome.error().doing};
    return std::move(*outcome);
}

}  // namespace

std::unique_ptr<ports::store> PostgresStore::open(settings chosen) {
    return must(store::postgres::open(io_.get_executor(), std::move(chosen)));
}

void PostgresStore::close(std::unique_ptr<ports::store> store) {
    auto const report = wait(store->audit());
    ASSERT_TRUE(report) << report.error().doing;
    EXPECT_EQ(report->violations, std::vector<std::string>{});
    wait(store->close());
}

void PostgresStore::accept(ports::store& store, core::task item) {
    must(wait(store.accept_task(std::move(item), {.max_open = 1'000'000}, noon)));
}

void PostgresStore::in_flight(ports::store& store, unsigned n, instant poll_at) {
    accept(store, submitting_sample(n));
    must(wait(store.record_submission(id_of(n), 1, accepted_as(provider_id_of(n), poll_at), deliver_nothing(), noon)));
}

void PostgresStore::completed(ports::store& store, unsigned n, instant at) {
    in_flight(store, n);
    must(wait(store.record_callback(id_of(n), callback_of(provider_id_of(n), core::reported_status::completed),
                                    deliver_to({results}), at)));
}

}  // namespace voicehook::contract
