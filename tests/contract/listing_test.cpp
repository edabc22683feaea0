#include "store_contract.hpp"

namespace voicehook::contract {
namespace {

class Listing : public StoreContract {
protected:
    /// Pages through everything that passes; each page full but the last.
    std::vector<task_id> all_pages(ports::task_filter filter) {
        auto ids = std::vector<task_id>{};
        for (auto more = true; more;) {
            auto const page = wait(store().list_tasks(filter));
            if (!page) throw std::runtime_error{page.error().doing};
            EXPECT_TRUE(page->more ? page->items.size() == filter.limit : page->items.size() <= filter.limit);
            for (auto const& item : page->items) ids.push_back(item.id);
            if (!page->items.empty()) filter.after = page->items.back().id;
            more = page->more;
        }
        return ids;
    }
};
INSTANTIATE_TEST_SUITE_P(Stores, Listing, ::testing::ValuesIn(every_store()), store_name);

TEST_P(Listing, OfAnEmptyStoreIsAnEmptyLastPage) {
    auto const page = wait(store().list_tasks({}));

    ASSERT_TRUE(page);
    EXPECT_TRUE(page->items.empty());
    EXPECT_FALSE(page->more);
}

TEST_P(Listing, RunsFromTheNewestToTheOldestAcrossPagesWithoutGapOrRepeat) {
    for (auto const n : {2U, 5U, 1U, 4U, 3U}) static_cast<void>(accept(sample(n)));

    for (auto const limit : {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{9}})
        EXPECT_EQ(all_pages({.limit = limit}), (std::vector{id_of(5), id_of(4), id_of(3), id_of(2), id_of(1)}));
}

TEST_P(Listing, OrdersTasksOfTheSameMillisecondByTheirIds) {
    for (auto const n : {2U, 3U, 1U, 4U}) {
        auto item = sample(n);
        item.created_at = noon;
        static_cast<void>(accept(item));
    }

    EXPECT_EQ(all_pages({.limit = 1}), (std::vector{id_of(4), id_of(3), id_of(2), id_of(1)}));
}

TEST_P(Listing, TellsWhetherThereIsMore) {
    for (auto const n : {1U, 2U}) static_cast<void>(accept(sample(n)));

    EXPECT_TRUE(wait(store().list_tasks({.limit = 1}))->more);
    EXPECT_FALSE(wait(store().list_tasks({.limit = 2}))->more);
}

TEST_P(Listing, ShowsACallerItsOwnTasks) {
    auto foreign = sample(2);
    foreign.caller = caller_name{"other"};
    static_cast<void>(accept(sample(1)));
    static_cast<void>(accept(foreign));
    static_cast<void>(accept(sample(3)));

    EXPECT_EQ(all_pages({.caller = caller_name{"tts"}, .limit = 1}), (std::vector{id_of(3), id_of(1)}));
    EXPECT_EQ(all_pages({.caller = caller_name{"nobody"}}), std::vector<task_id>{});
}

TEST_P(Listing, FiltersByTheStatusThatCallersSee) {
    static_cast<void>(accept(sample(1)));
    static_cast<void>(completed(2, {}));
    static_cast<void>(in_flight(3));

    EXPECT_EQ(all_pages({.status = core::reported_status::pending}), (std::vector{id_of(3), id_of(1)}));
    EXPECT_EQ(all_pages({.status = core::reported_status::completed}), (std::vector{id_of(2)}));
    EXPECT_EQ(all_pages({.status = core::reported_status::failed}), std::vector<task_id>{});
}

TEST_P(Listing, FiltersByStage) {
    static_cast<void>(accept(sample(1)));
    static_cast<void>(completed(2, {}));
    static_cast<void>(in_flight(3));

    EXPECT_EQ(all_pages({.stage = core::stage::queued}), (std::vector{id_of(1)}));
    EXPECT_EQ(all_pages({.caller = caller_name{"tts"}, .stage = core::stage::in_flight}), (std::vector{id_of(3)}));
}

TEST_P(Listing, TakesBothEndsOfTheCreationTimeAsExclusive) {
    for (auto const n : {1U, 2U, 3U, 4U}) static_cast<void>(accept(sample(n)));

    auto const between = all_pages({.created_after = noon + 1ms, .created_before = noon + 4ms, .limit = 1});

    EXPECT_EQ(between, (std::vector{id_of(3), id_of(2)}));
}

TEST_P(Listing, GoesOnAfterATaskThatIsGone) {
    for (auto const n : {1U, 3U}) static_cast<void>(accept(sample(n)));

    EXPECT_EQ(all_pages({.after = id_of(2)}), (std::vector{id_of(1)}));
}

TEST_P(Listing, GoesOnAfterTheCursorHoweverLateItsEnd) {
    for (auto const n : {1U, 2U, 3U, 4U}) static_cast<void>(accept(sample(n)));

    EXPECT_EQ(all_pages({.created_before = noon + 1h, .after = id_of(3)}), (std::vector{id_of(2), id_of(1)}));
    EXPECT_EQ(all_pages({.created_before = noon + 3ms, .after = id_of(4)}), (std::vector{id_of(2), id_of(1)}));
    EXPECT_EQ(all_pages({.created_before = noon + 3ms, .after = id_of(3)}), (std::vector{id_of(2), id_of(1)}));
}

TEST_P(Listing, LeavesTheSubmittedBodyOutAndKeepsAllElse) {
    auto expected = in_flight(1);

    auto const page = wait(store().list_tasks({}));

    ASSERT_TRUE(page);
    ASSERT_EQ(page->items.size(), 1U);
    EXPECT_FALSE(expected.submit_body.empty());
    expected.submit_body.clear();
    EXPECT_EQ(page->items[0], expected);
}

TEST_P(Listing, EndsAPageAtAboutFourMegabytesOfBodies) {
    for (auto n = 1U; n <= 7; ++n) {
        static_cast<void>(accept(submitting_sample(n)));
        auto const body = std::string(1'000'000, 'x');
        ASSERT_TRUE(wait(store().record_callback(id_of(n),
                                                 callback_of(provider_id_of(n), core::reported_status::completed, body),
                                                 deliver_nothing(), noon)));
    }

    auto const first = wait(store().list_tasks({}));
    auto const second = wait(store().list_tasks({.after = first->items.back().id}));

    EXPECT_EQ(first->items.size(), 5U);
    EXPECT_TRUE(first->more);
    EXPECT_EQ(second->items.size(), 2U);
    EXPECT_FALSE(second->more);
    EXPECT_EQ(second->items.back().id, id_of(1));
}

TEST_P(Listing, RefusesACursorThatIsNoTaskId) {
    EXPECT_EQ(wait(store().list_tasks({.after = task_id{"task-unified-1"}})).error().code, errc::invalid);
}

TEST_P(Listing, FindsNoTaskUnderAnUnknownId) {
    EXPECT_EQ(wait(store().find_task(id_of(1).value())).error().code, errc::not_found);
    EXPECT_EQ(wait(store().find_task("")).error().code, errc::not_found);
    EXPECT_EQ(wait(store().read_history(id_of(1))).error().code, errc::not_found);
}

TEST_P(Listing, OfDeliveriesShowsOneStateFromTheNewest) {
    static_cast<void>(parked(1, results));
    static_cast<void>(parked(2, archive));
    static_cast<void>(parked(3, results));
    static_cast<void>(completed(4, {results}));

    auto const first = wait(store().list_deliveries({.limit = 2}));
    auto const second = wait(store().list_deliveries({.after = first->items.back().id, .limit = 2}));
    auto const of_sink = wait(store().list_deliveries({.sink = results}));
    auto const of_sink_on = wait(store().list_deliveries({.sink = results, .after = of_sink->items.front().id}));
    auto const pending = wait(store().list_deliveries({.state = core::delivery_state::pending}));

    ASSERT_EQ(first->items.size(), 2U);
    EXPECT_TRUE(first->more);
    EXPECT_EQ(first->items[0].task, id_of(3));
    EXPECT_EQ(first->items[1].task, id_of(2));
    ASSERT_EQ(second->items.size(), 1U);
    EXPECT_EQ(second->items[0].task, id_of(1));
    EXPECT_FALSE(second->more);
    EXPECT_EQ(of_sink->items.size(), 2U);
    ASSERT_EQ(of_sink_on->items.size(), 1U);
    EXPECT_EQ(of_sink_on->items[0].task, id_of(1));
    ASSERT_EQ(pending->items.size(), 1U);
    EXPECT_EQ(pending->items[0].task, id_of(4));
    EXPECT_EQ(wait(store().list_deliveries({.after = delivery_id{"?"}})).error().code, errc::invalid);
}

TEST_P(Listing, OfDeliveriesMergesAnyNumberOfSinks) {
    auto many = std::vector<sink_name>{};
    for (auto n = 0; n < 600; ++n) many.emplace_back("sink-" + std::to_string(n));
    for (auto const n : {1U, 2U}) {
        static_cast<void>(accept(submitting_sample(n)));
        ASSERT_TRUE(
            wait(store().record_callback(id_of(n), callback_of(provider_id_of(n), core::reported_status::completed),
                                         deliver_to(many), noon + 1ms * n)));
    }

    auto const first = wait(store().list_deliveries({.state = core::delivery_state::pending, .limit = 500}));
    auto const second = wait(store().list_deliveries(
        {.state = core::delivery_state::pending, .after = first->items.back().id, .limit = 500}));

    ASSERT_TRUE(second);
    EXPECT_TRUE(second->more);
    EXPECT_EQ(first->items.front().task, id_of(2));
    EXPECT_EQ(second->items.front().task, id_of(2));
    EXPECT_EQ(second->items.back().task, id_of(1));
}

TEST_P(Listing, OfDeliveriesLeavesTheBodyOutAndKeepsAllElse) {
    auto expected = parked(1, results);

    auto const page = wait(store().list_deliveries({}));

    ASSERT_TRUE(page);
    ASSERT_EQ(page->items.size(), 1U);
    EXPECT_FALSE(expected.body.empty());
    expected.body.clear();
    EXPECT_EQ(text_of(page->items[0]), text_of(expected));
}

}  // namespace
}  // namespace voicehook::contract
