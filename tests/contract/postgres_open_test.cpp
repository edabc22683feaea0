#include "postgres_fixture.hpp"
#include "postgres_relay.hpp"

#include "store/postgres/schema.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace voicehook::contract {
namespace {

using namespace store::postgres;
using ::testing::HasSubstr;
using ::testing::Not;

/// The URL of the tests' database for another role.
std::string url_of(std::string const& role) {
    auto url = test_database().url;
    auto const begin = url.find("://") + 3;
    return url.replace(begin, url.find('@') - begin, role);
}

connection administrator() { return connection{{url_of("postgres"), {}}, deadline::in(10s)}; }

std::string setting(std::string const& name) {
    auto found = somebody().run({"SELECT current_setting($1)", parameters::of(name)});
    return found.next() ? found.text() : std::string{};
}

/// Changes settings of the server until the end of a test.
class server_settings {
public:
    ~server_settings() {
        for (auto const& name : changed_) administrator().execute("ALTER SYSTEM RESET " + name);
        administrator().execute("SELECT pg_reload_conf()");
        for (auto const& name : changed_)
            while (setting(name) == "on") continue;
    }
    void turn_on(std::string const& name) {
        changed_.push_back(name);
        administrator().execute(fmt::format("ALTER SYSTEM SET {} = on", name));
        administrator().execute("SELECT pg_reload_conf()");
        while (setting(name) != "on") continue;
    }

private:
    std::vector<std::string> changed_;
};

class PostgresOpen : public PostgresStore {
protected:
    void TearDown() override { drop_schema(); }

    [[nodiscard]] failure refusal(settings chosen) {
        auto opened = store::postgres::open(io_.get_executor(), std::move(chosen));
        if (!opened) return opened.error();
        wait((*opened)->close());
        return {};
    }
    [[nodiscard]] static settings careful() {
        auto chosen = on_made_up_time();
        chosen.commits = durability::required;
        return chosen;
    }
    static void set_meta(std::string const& key, int value) {
        somebody().execute(fmt::format("UPDATE voicehook.meta SET value = {} WHERE key = '{}'", value, key));
    }
};

TEST_F(PostgresOpen, AServerThatForgetsCommitsIsRefusedBySettingUntilAllAreOn) {
    auto server = server_settings{};
    auto forgetful = careful();
    forgetful.url += "?options=-c%20synchronous_commit%3Doff";

    EXPECT_THAT(refusal(careful()).doing, HasSubstr("fsync = off"));
    server.turn_on("fsync");
    EXPECT_THAT(refusal(careful()).doing, HasSubstr("full_page_writes = off"));
    server.turn_on("full_page_writes");
    EXPECT_EQ(refusal(careful()).doing, "");
    EXPECT_THAT(refusal(forgetful).doing, HasSubstr("synchronous_commit = off"));
    EXPECT_THAT(refusal(forgetful).doing, HasSubstr("store.allow_unsafe_commits"));
    EXPECT_EQ(refusal(forgetful).code, errc::store_unavailable);
}

TEST_F(PostgresOpen, AServerThatForgetsCommitsIsTakenWhereThatIsAccepted) {
    EXPECT_EQ(refusal(on_made_up_time()).doing, "");
}

TEST_F(PostgresOpen, ACheckSaysTheSameAndChangesNothing) {
    drop_schema();

    EXPECT_THAT(check(careful()).error().doing, HasSubstr("fsync = off"));
    EXPECT_TRUE(check(on_made_up_time()));

    EXPECT_EQ(number("SELECT count(*) FROM pg_namespace WHERE nspname = 'voicehook'"), 0);
}

TEST_F(PostgresOpen, ADatabaseWithoutOurTablesGetsThem) {
    drop_schema();

    auto store = open();

    EXPECT_TRUE(wait(store->accept_task(sample(1), {}, noon)));
    EXPECT_EQ(number("SELECT value FROM voicehook.meta WHERE key = 'version'"), latest_version());
    close(std::move(store));
}

TEST_F(PostgresOpen, SeveralThatOpenAtOnceMakeTheTablesOnce) {
    for (auto round = 0; round < 5; ++round) {
        drop_schema();
        auto opening = std::vector<std::future<result<std::unique_ptr<ports::store>>>>{};

        for (auto n = 0; n < 4; ++n)
            opening.push_back(std::async(
                std::launch::async, [this] { return store::postgres::open(io_.get_executor(), on_made_up_time()); }));

        for (auto& each : opening) {
            auto opened = each.get();
            ASSERT_TRUE(opened) << opened.error().doing;
            EXPECT_TRUE(wait((*opened)->probe()));
            wait((*opened)->close());
        }
    }
}

TEST_F(PostgresOpen, AProgramThatRunsIsNotHeldUpByOneThatChangesTheTables) {
    auto relay = postgres_relay{};
    auto chosen = on_made_up_time();
    chosen.url = relay.url();
    auto store = open(chosen);
    auto newer = somebody();
    newer.execute("BEGIN; LOCK TABLE voicehook.meta IN EXCLUSIVE MODE");  // as `migrate` does
    relay.cut();

    EXPECT_TRUE(wait(store->accept_task(sample(1), {}, noon)));

    newer.execute("ROLLBACK");
    close(std::move(store));
}

TEST_F(PostgresOpen, TablesOfANewerProgramAreRefused) {
    close(open());
    set_meta("version", latest_version() + 1);

    auto const why = refusal(on_made_up_time());

    EXPECT_EQ(why.code, errc::store_newer);
    EXPECT_THAT(why.doing, HasSubstr(fmt::format("schema version {}", latest_version() + 1)));
    EXPECT_EQ(check(on_made_up_time()).error().code, errc::store_newer);
}

TEST_F(PostgresOpen, AProgramThatRunsGoesOnWithNewerTablesThatItMayUse) {
    auto relay = postgres_relay{};
    auto chosen = on_made_up_time();
    chosen.url = relay.url();
    auto store = open(chosen);
    ASSERT_TRUE(wait(store->probe()));
    set_meta("version", latest_version() + 1);
    relay.cut();

    EXPECT_TRUE(wait(store->accept_task(sample(1), {}, noon)));

    set_meta("oldest_program", latest_version() + 1);
    relay.cut();
    auto const refused = wait(store->accept_task(sample(2), {}, noon));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::store_unavailable);
    EXPECT_THAT(refused.error().doing, HasSubstr("use the newer program"));
    wait(store->close());
}

TEST_F(PostgresOpen, ARoleThatMayNotCreateTheSchemaIsToldWhatToGrant) {
    drop_schema();
    administrator().execute("DROP ROLE IF EXISTS stranger");
    administrator().execute("CREATE ROLE stranger LOGIN");
    auto chosen = on_made_up_time();
    chosen.url = url_of("stranger");

    auto const why = refusal(chosen);

    EXPECT_EQ(why.code, errc::store_unavailable);
    EXPECT_THAT(why.doing, HasSubstr("GRANT CREATE ON DATABASE"));
    administrator().execute("CREATE SCHEMA voicehook AUTHORIZATION stranger");
    EXPECT_EQ(refusal(chosen).doing, "");
    administrator().execute("DROP SCHEMA voicehook CASCADE");
    administrator().execute("DROP ROLE stranger");
}

TEST_F(PostgresOpen, AnotherRolesSchemaIsRefusedWithWhatToGrant) {
    close(open());
    administrator().execute("DROP ROLE IF EXISTS stranger");
    administrator().execute("CREATE ROLE stranger LOGIN");
    auto chosen = on_made_up_time();
    chosen.url = url_of("stranger");

    auto const why = refusal(chosen);

    EXPECT_THAT(why.doing, HasSubstr("schema voicehook"));
    EXPECT_THAT(why.doing, HasSubstr("GRANT"));
    administrator().execute("DROP ROLE stranger");
}

class PostgresWrongUrl : public PostgresOpen, public ::testing::WithParamInterface<std::string> {};
INSTANTIATE_TEST_SUITE_P(Urls, PostgresWrongUrl,
                         ::testing::Values("postgresql://ann:hunter2@127.0.0.1:1/db",
                                           "postgresql://ann:hunter2@127.0.0.1:port/db",
                                           "postgresql://ann:hunter2%zz@127.0.0.1/db",
                                           "postgresql://ann:hunter2@[::1/db",
                                           "postgresql://ann:hunter2@127.0.0.1/db?sslmode=perhaps",
                                           "postgresql://ann:hunter2@127.0.0.1/db?nonsense=1",
                                           "postgresql://ann:hunter2@127.0.0.1/db?password",
                                           "postgresql://127.0.0.1:1/db?user=ann&password=hunter2&x",
                                           "postgresql://ann:secret@hunter2@127.0.0.1/db",
                                           "postgresql://ann:hunter2/db", "postgresql://ann:hunter2"));

TEST_P(PostgresWrongUrl, IsRefusedWithoutTellingThePassword) {
    auto chosen = on_made_up_time();
    chosen.url = GetParam();
    chosen.startup = 1s;

    auto const opened = refusal(chosen);
    auto const checked = check(chosen);

    EXPECT_EQ(opened.code, errc::store_unavailable);
    EXPECT_THAT(opened.doing, Not(HasSubstr("hunter2")));
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().doing, Not(HasSubstr("hunter2")));
}

TEST_F(PostgresOpen, AWrongPasswordIsRefusedAtOnceWithoutTellingIt) {
    administrator().execute("DROP ROLE IF EXISTS clerk");
    administrator().execute("CREATE ROLE clerk LOGIN PASSWORD 'right' IN ROLE guarded");
    auto chosen = on_made_up_time();
    chosen.url = url_of("clerk");
    chosen.password = secret{"hunter2"};

    auto const why = refusal(chosen);

    EXPECT_EQ(why.code, errc::store_unavailable);
    EXPECT_THAT(why.doing, HasSubstr("password authentication failed"));
    EXPECT_THAT(why.doing, Not(HasSubstr("hunter2")));
    administrator().execute("DROP ROLE clerk");
}

}  // namespace
}  // namespace voicehook::contract
