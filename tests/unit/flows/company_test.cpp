#include "bench.hpp"

#include "flows/company.hpp"
#include "store/memory/create.hpp"
#include "tests/simulation/spoilt_store.hpp"

#include <gmock/gmock.h>

namespace voicehook::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

lease_owner const self{"me"};
lease_owner const other{"other"};

/// A store whose beats fail while it is away, and are counted.
class fickle_store final : public simulation::passing_store {
public:
    using passing_store::passing_store;
    awaitable<result<ports::company>> beat(ports::replica_note self_note, std::vector<sink_name> sinks,
                                           ports::beat_terms terms) override {
        ++beats;
        if (away) co_return fail(errc::store_unavailable, "away");
        auto answered = co_await below_->beat(std::move(self_note), std::move(sinks), terms);
        co_return answered;
    }
    awaitable<result<ports::claimed<core::task>>> claim_submissions(ports::claim_terms terms,
                                                                    std::optional<duration> lost) override {
        submissions_wanted = terms.limit;
        return passing_store::claim_submissions(std::move(terms), lost);
    }
    awaitable<result<ports::claimed<core::task>>> claim_queries(ports::claim_terms terms) override {
        queries_wanted = terms.limit;
        return passing_store::claim_queries(std::move(terms));
    }
    awaitable<result<ports::claimed<core::delivery>>> claim_deliveries(sink_name sink,
                                                                       ports::claim_terms terms) override {
        deliveries_wanted = terms.limit;
        return passing_store::claim_deliveries(std::move(sink), std::move(terms));
    }
    int beats{};
    bool away{};
    std::size_t submissions_wanted{};
    std::size_t queries_wanted{};
    std::size_t deliveries_wanted{};
};

flows::company_settings settings() { return {.self = {self, "here:1", "1.0", noon}, .lost_replay_after = 1min}; }

class Company : public testing::Test {
protected:
    ~Company() override {
        company.stop();
        world.advance(0ms);
    }
    ports::company beat_as(lease_owner const& owner) {
        return world.run(store->beat({owner, "there:2", "1.0", noon}, {}, {.now = world.clock.now()})).value();
    }
    /// Another replica that beats for so long, every second.
    void both_for(duration span) {
        for (auto at = 0s; at < span; at += 1s) {
            static_cast<void>(beat_as(other));
            world.advance(1s);
        }
    }
    awaitable<void> note_joined(duration patience) {
        co_await company.joined(patience);
        joined = true;
    }
    void wait_joined(duration patience) {
        asio::co_spawn(world.io, note_joined(patience), asio::detached);
        world.advance(0ms);
    }
    void share_among(std::size_t replicas) {
        shares.push_back(replicas);
        world.submit.share_among(replicas);
        world.reconcile.share_among(replicas);
        world.dispatch.share_among(replicas);
    }
    std::string metrics() { return world.metrics.render(); }

    std::shared_ptr<fickle_store> store{std::make_shared<fickle_store>(store::memory::create())};
    bench world{store};
    std::vector<std::size_t> shares;
    flows::company company{world.io.get_executor(),
                           *store,
                           world.clock,
                           world.bells,
                           world.metrics,
                           [this](std::size_t replicas) { share_among(replicas); },
                           settings()};
    bool joined{};
};

TEST_F(Company, BeatsAtItsIntervalAndNotMuchMoreOften) {
    company.start();

    world.advance(100s);

    EXPECT_GE(store->beats, 80);
    EXPECT_LE(store->beats, 130);
}

TEST_F(Company, TellsOnceWhenTheNumberOfReplicasChanges) {
    company.start();
    world.advance(3s);
    both_for(3s);
    EXPECT_THAT(shares, ElementsAre(1, 2));
    EXPECT_THAT(metrics(), HasSubstr("voicehook_replicas 2"));

    EXPECT_TRUE(world.run(store->release_leases(other, 1min, world.clock.now())));
    world.advance(2s);

    EXPECT_THAT(shares, ElementsAre(1, 2, 1));
    EXPECT_THAT(metrics(), HasSubstr("voicehook_replicas 1"));
}

TEST_F(Company, TakesOverFromOneThatDiedAndDeliversWhatItLeft) {
    company.start();
    world.sink->script = {{.failed = core::delivery_cause::timeout, .answer = "timeout"}};
    auto const id = world.submit_one();
    both_for(2s);
    world.call_back(id, provider_body("provider-1", "completed"));
    world.advance(0ms);
    auto const failed_first = world.sink->received.size();
    auto const due = world.clock.now() + 2h;  // the other claims the retry before this one does
    auto const claimed = world.run(store->claim_deliveries(
        sink_name{"results"}, {.owner = other, .now = due, .lease_until = due + 24h, .limit = 1}));
    ASSERT_THAT(claimed->items, SizeIs(1));

    world.advance(15s);
    EXPECT_THAT(world.sink->received, SizeIs(failed_first));
    world.advance(10s);

    EXPECT_THAT(world.sink->received, SizeIs(failed_first + 1));
    EXPECT_THAT(metrics(), HasSubstr("voicehook_leases_taken_over_total 1"));
    EXPECT_THAT(shares, ElementsAre(1, 2, 1));
}

TEST_F(Company, TheCapsOfTheServiceAreDividedAmongReplicas) {
    company.start();

    both_for(2min);  // all workers have looked

    EXPECT_EQ(store->submissions_wanted, 2U);
    EXPECT_EQ(store->queries_wanted, 8U);
    EXPECT_EQ(store->deliveries_wanted, 2U);
}

TEST_F(Company, WorkThatAnotherReplicaMadeIsFoundWithinABeat) {
    company.start();
    world.advance(2s);
    auto item = core::task{};
    item.id = make_task_id(world.clock.now(), {});
    item.caller = caller_name{"tts"};
    item.state = core::queued{world.clock.now()};
    item.deadline = world.clock.now() + 10min;
    ASSERT_TRUE(world.run(store->accept_task(item, {.owner = other}, world.clock.now())));

    world.advance(1200ms);

    EXPECT_THAT(world.provider.keys, ElementsAre(item.id));
}

TEST_F(Company, GoesOnBeatingThroughAnOutageAndKeepsItsShareMeanwhile) {
    company.start();
    both_for(2s);
    store->away = true;
    world.advance(60s);
    EXPECT_GE(store->beats, 40);
    store->away = false;
    auto const back = beat_as(other);

    world.advance(2s);

    EXPECT_THAT(shares, ElementsAre(2));
    EXPECT_THAT(back.lost, IsEmpty());
    EXPECT_THAT(metrics(), HasSubstr("voicehook_leases_taken_over_total 0"));
}

TEST_F(Company, OneThatWasTakenForDeadIsBackWithItsNextBeat) {
    company.start();
    world.advance(2s);
    EXPECT_TRUE(world.run(store->release_leases(self, 1min, world.clock.now())));

    world.advance(2s);

    EXPECT_THAT(world.run(store->summary(world.clock.now()))->replicas, SizeIs(1));
}

TEST_F(Company, TheFirstBeatIsWaitedFor) {
    company.start();

    wait_joined(2s);

    EXPECT_TRUE(joined);
}

TEST_F(Company, AStoreThatIsAwayHoldsUpNoStart) {
    store->away = true;
    company.start();

    wait_joined(2s);

    EXPECT_TRUE(joined);
}

TEST_F(Company, AFirstBeatThatIsNeverAnsweredIsWaitedForNoLongerThanAsked) {
    wait_joined(2s);
    EXPECT_FALSE(joined);

    world.advance(2s);

    EXPECT_TRUE(joined);
}

TEST_F(Company, BeatsNoMoreOnceStopped) {
    company.start();
    world.advance(3s);

    company.stop();
    world.advance(0ms);
    auto const before = store->beats;
    world.advance(1min);

    EXPECT_EQ(store->beats, before);
}

}  // namespace
}  // namespace voicehook::test
