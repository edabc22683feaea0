#include "store/lanes/store_on_lanes.hpp"
#include "store/postgres/create.hpp"
#include "store/postgres/schema.hpp"
#include "store/postgres/workers.hpp"

#include <fmt/format.h>

#include <thread>
#include <utility>

namespace voicehook::store::postgres {
namespace {

constexpr duration between_attempts = 500ms;

class postgres_store final : public lanes::store_on_lanes {
public:
    postgres_store(asio::any_io_executor executor, postgres_settings settings)
        : store_on_lanes{std::move(executor), {writer_, reader_, auditor_}},
          settings_{std::move(settings)},
          writer_{settings_},
          reader_{settings_, reader::manner::lists},
          auditor_{settings_, reader::manner::audits} {}

    std::string_view backup_advice() const noexcept override {
        return "PostgreSQL makes its own backups: pg_basebackup with an archive of its log restores any moment; "
               "pg_dump "
               "copies the schema voicehook as it is now.";
    }

private:
    postgres_settings settings_;
    writer writer_;
    reader reader_;
    reader auditor_;
};

failure cannot_open(database_error const& why) {
    static constexpr auto insufficient_privilege = "42501";
    static constexpr auto remedy =
        ". The role in store.url must be allowed to make the schema voicehook (GRANT CREATE ON DATABASE … TO …), or "
        "own "
        "it already (CREATE SCHEMA voicehook AUTHORIZATION …)";
    return {errc::store_unavailable,
            fmt::format("PostgreSQL: {}{}", why.what(), why.state() == insufficient_privilege ? remedy : "")};
}

/// Connects, within limits however long the server takes to come up. One that is up and refuses us stays so.
std::unique_ptr<session> connect(postgres_settings const& settings, deadline until) {
    for (;;) {
        try {
            return std::make_unique<session>(settings, until);
        } catch (database_error const& why) {
            auto const is_hopeless = until.left() <= between_attempts || takes_connections({settings.url, {}});
            if (why.kind() != trouble::lost || is_hopeless) throw;
        }
        std::this_thread::sleep_for(between_attempts);
    }
}

/// An older program may be at work beside this one; one that is older than the tables may not start.
result<void> check_version(connection& database) {
    auto const version = version_of(database);
    if (version <= latest_version()) return {};
    return fail(errc::store_newer, fmt::format("the database has schema version {}, this program knows up to {}: use "
                                               "the newer program",
                                               version, latest_version()));
}

}  // namespace

result<std::unique_ptr<ports::store>> open(asio::any_io_executor executor, postgres_settings settings) {
    try {
        auto const first = connect(settings, deadline::in(settings.startup));
        first->database.wait_until(deadline::in(1h));  // a migration takes what it takes
        auto const fits = check_version(first->database);
        if (!fits) return unexpected{fits.error()};
        migrate(first->database);
    } catch (database_error const& why) {
        return unexpected{cannot_open(why)};
    }
    return std::make_unique<postgres_store>(std::move(executor), std::move(settings));
}

result<void> check(postgres_settings const& settings) {
    try {
        auto looked = session{settings, deadline::in(settings.patience)};
        return check_version(looked.database);
    } catch (database_error const& why) {
        return unexpected{cannot_open(why)};
    }
}

}  // namespace voicehook::store::postgres
