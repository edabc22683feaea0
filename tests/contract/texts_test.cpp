#include "store_contract.hpp"

#include <gmock/gmock.h>

namespace voicehook::contract {
namespace {

using ports::acceptance_outcome;
using ::testing::HasSubstr;

/// Whatever outsiders send must come back as it went in: no text is too odd to be kept.
class Texts : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, Texts, ::testing::ValuesIn(every_store()), store_name);

/// NUL, control characters, ill-formed UTF-8, a surrogate, and what looks like an escape of one of them.
std::string odd(std::string_view name) {
    using namespace std::string_view_literals;
    static constexpr auto bytes =
        "\0\x01\x01"
        "00\x1f\x7f\xc3\xff\xed\xa0\x80 \xf0\x9f\x8e\x99\\x00\xe4"sv;
    return std::string{name}.append(bytes);
}

TEST_P(Texts, OfATaskComeBackAsTheyWentIn) {
    auto item = sample(1);
    item.model = odd("model");
    item.submit_body = odd("submit");
    item.idempotency_key = odd("key");
    item.fingerprint = odd("fingerprint");
    item.callback_url = odd("url");
    item.trace_parent = odd("trace");
    item.request_id = odd("request");
    item.provider_id = provider_task_id{odd("theirs")};
    item.provider_body = odd("body");
    item.refused = core::refusal{402, odd("code"), odd("json")};
    item.last_problem = odd("problem");

    ASSERT_TRUE(wait(store().accept_task(item, {}, noon)));

    EXPECT_TRUE(task(item.id) == item) << text_of(task(item.id));
    EXPECT_EQ(wait(store().find_task(item.provider_id->value()))->id, item.id);
    auto again = sample(2);
    again.idempotency_key = item.idempotency_key;
    again.fingerprint = item.fingerprint;
    EXPECT_EQ(wait(store().accept_task(again, {}, noon + 1h))->item.id, item.id);
    EXPECT_EQ(wait(store().list_tasks({}))->items.at(0).last_problem, item.last_problem);
}

TEST_P(Texts, ThatDifferInOneOddByteAreDifferentKeys) {
    auto const keys = std::vector<std::string>{{"a\0b", 3},
                                               "a\x01"
                                               "00b",
                                               "a\xff"
                                               "b",
                                               "a\x01"
                                               "ffb",
                                               "ab",
                                               {"ab\0", 3}};

    auto n = 0U;
    for (auto const& key : keys) {
        auto item = sample(++n);
        item.idempotency_key = key;
        item.provider_id = provider_task_id{key};
        EXPECT_EQ(wait(store().accept_task(item, {}, noon))->what, acceptance_outcome::stored);
    }

    n = 0;
    for (auto const& key : keys) EXPECT_EQ(wait(store().find_task(key))->id, id_of(++n));
}

TEST_P(Texts, OfEventsComeBackInTheTaskAndItsTimeline) {
    auto const item = accept(submitting_sample(1));
    auto const theirs = provider_task_id{odd("theirs")};
    auto const notice = callback_of(theirs, core::reported_status::completed, odd("body"));
    auto const contradiction = callback_of(theirs, core::reported_status::failed, odd("contradiction"));

    ASSERT_TRUE(wait(store().record_callback(item.id, notice, deliver_nothing(), noon)));
    ASSERT_TRUE(wait(store().record_callback(item.id, contradiction, deliver_nothing(), noon)));

    auto const after = history(item.id);
    EXPECT_EQ(after.item.provider_id, theirs);
    EXPECT_EQ(after.item.provider_body, notice.body);
    EXPECT_EQ(after.timeline.back().body, contradiction.body);
}

TEST_P(Texts, OfADeliveryComeBackAsTheyWentIn) {
    auto const render = [](core::task const& ended) {
        return std::vector<core::new_delivery>{{.id = delivery_of(ended.id, results),
                                                .sink = results,
                                                .destination = odd("destination"),
                                                .content_type = odd("type"),
                                                .body = odd("body")}};
    };
    auto const item = in_flight(1);
    ASSERT_TRUE(wait(store().record_callback(item.id, callback_of(provider_id_of(1), core::reported_status::completed),
                                             render, noon)));
    auto const claimed = claim_delivery(results);
    auto const failed = core::attempt_outcome{.failed = core::delivery_cause::io, .answer = odd("answer")};

    ASSERT_TRUE(wait(store().record_attempt(attempt_of(claimed, core::park{core::delivery_cause::io}, failed, noon))));
    ASSERT_TRUE(wait(store().discard_delivery(claimed.id, odd("ann"), odd("reason"), noon)));

    for (auto const& each : {claimed, delivery(item.id, results)}) {
        EXPECT_EQ(each.destination, odd("destination"));
        EXPECT_EQ(each.content_type, odd("type"));
        EXPECT_EQ(each.body, odd("body"));
    }
    EXPECT_EQ(delivery(item.id, results).last_answer, odd("answer"));
    EXPECT_THAT(history(item.id).timeline.back().detail, HasSubstr(odd("reason")));
}

TEST_P(Texts, OfOperatorsAndReplicasComeBackAsTheyWentIn) {
    auto const paused = ports::sink_pause{ports::pause_state::paused, odd("reason"), odd("ann")};
    auto const self = ports::replica_note{lease_owner{odd("owner")}, odd("name"), odd("version"), noon};

    ASSERT_TRUE(wait(store().set_sink_paused(results, paused, noon)));
    ASSERT_TRUE(wait(store().beat(self, {results}, {.now = noon})));

    auto const after = summary();
    EXPECT_EQ(after.sinks.at(results).paused, odd("reason"));
    ASSERT_EQ(after.replicas.size(), 1U);
    EXPECT_EQ(after.replicas[0].note.owner, self.owner);
    EXPECT_EQ(after.replicas[0].note.name, self.name);
    EXPECT_EQ(after.replicas[0].note.version, self.version);
}

}  // namespace
}  // namespace voicehook::contract
