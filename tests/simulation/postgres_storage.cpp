// Episodes over the real PostgreSQL store: each life has connections of its own, and loses them with its life.
#include "inline_store.hpp"
#include "storage.hpp"
#include "store/postgres/committer.hpp"
#include "store/postgres/schema.hpp"

#include <fmt/format.h>

namespace voicehook::simulation {
namespace {

using namespace store::postgres;

/// Of real time: a machine that is busy must not change what happens.
constexpr duration patience = 60s;

class postgres_engine final : public engine {
public:
    explicit postgres_engine(postgres_settings settings)
        : settings_{std::move(settings)}, committer_{settings_}, sessions_{settings_, "reads"} {}

    void commit(job_group& group) override { committer_.commit(group); }
    void read(store::lanes::job& work) override {
        try {
            try {
                try_to_read(work);
            } catch (database_error const& why) {
                if (why.kind() != trouble::lost) throw;
                sessions_.drop(why.what());
                try_to_read(work);
            }
        } catch (std::exception const& why) {
            sessions_.close();
            work.fail({errc::store_unavailable, why.what()});
        }
    }

private:
    void try_to_read(store::lanes::job& work) {
        auto& [database, table] = sessions_.get(deadline::in(patience));
        database.wait_until(deadline::in(patience));
        table.begin_reading();
        static_cast<void>(work.run(table));
        table.commit();
    }

    postgres_settings settings_;
    committer committer_;
    session_keeper sessions_;
};

/// The URL with another database in it.
std::string in_database(std::string const& url, std::string const& name) {
    auto const query = url.find('?');
    auto const path = url.rfind('/', query);
    return url.substr(0, path + 1) + name + (query == std::string::npos ? "" : url.substr(query));
}

std::string make_database(std::string const& server_url, std::size_t number) {
    auto const name = fmt::format("simulation_{}", number);
    auto server = connection{{server_url, {}}, deadline::in(patience)};
    server.execute(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", name));
    server.execute("CREATE DATABASE " + name);
    return in_database(server_url, name);
}

class postgres_storage final : public storage {
public:
    postgres_storage(std::string const& server_url, std::size_t number)
        : url_{make_database(server_url, number)}, keeper_{{url_, {}}, deadline::in(patience)} {
        migrate(keeper_);
    }

    void begin(world& around) override {
        keeper_.wait_until(deadline::in(patience));
        keeper_.execute(
            "TRUNCATE task, event, delivery, sink_pause, replica, counter, commit_mark, operator_action, replay");
        around_ = &around;
    }
    void end_sessions() override {
        keeper_.wait_until(deadline::in(patience));
        keeper_.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }
    std::unique_ptr<ports::store> open(life& process) override {
        return make_inline_store(connect(), process, around_->time, around_->rules.group_window);
    }
    std::unique_ptr<ports::store> open(asio::io_context& io) override {
        return make_inline_store(connect(), io.get_executor());
    }

private:
    std::shared_ptr<engine> connect() const {
        auto settings = postgres_settings{.url = url_};
        settings.commits = durability::waived;
        settings.lease_time = [&time = around_->time](instant) { return time.now(); };
        settings.patience = patience;
        return std::make_shared<postgres_engine>(std::move(settings));
    }

    std::string url_;
    connection keeper_;
    world* around_{};
};

}  // namespace

std::unique_ptr<storage> make_postgres_storage(std::string const& server_url, std::size_t number) {
    return std::make_unique<postgres_storage>(server_url, number);
}

}  // namespace voicehook::simulation
