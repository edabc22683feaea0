#include "sqlite_fixture.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace voicehook::contract {
namespace {

/// A connection of an ordinary program.
class connection {
public:
    explicit connection(std::string const& path) {
        if (sqlite3_open(path.c_str(), &handle) != SQLITE_OK) throw std::runtime_error{sqlite3_errmsg(handle)};
    }
    ~connection() { sqlite3_close(handle); }
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    sqlite3* handle{};
};

int take_first(void* into, int, char** values, char**) {
    *static_cast<std::string*>(into) = values[0] == nullptr ? "NULL" : values[0];
    return 0;
}

}  // namespace

result<std::unique_ptr<ports::store>> SqliteStore::open(store::sqlite::sqlite_settings settings, instant now) {
    settings.path = path();
    return store::sqlite::open(io_.get_executor(), std::move(settings), 1min, now);
}

std::unique_ptr<ports::store> SqliteStore::reopen(instant now) {
    auto opened = open({}, now);
    if (!opened) throw std::runtime_error{opened.error().doing};
    return std::move(*opened);
}

void SqliteStore::close(std::unique_ptr<ports::store> store) {
    auto const report = wait(store->audit());
    ASSERT_TRUE(report);
    EXPECT_EQ(report->violations, std::vector<std::string>{});
    wait(store->close());
}

void SqliteStore::run_sql(std::string const& script) {
    auto const somebody = connection{path()};
    if (sqlite3_exec(somebody.handle, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error{sqlite3_errmsg(somebody.handle)};
}

std::string SqliteStore::ask_sql(std::string const& path, std::string const& question) {
    auto const somebody = connection{path};
    auto answer = std::string{};
    if (sqlite3_exec(somebody.handle, question.c_str(), take_first, &answer, nullptr) != SQLITE_OK)
        throw std::runtime_error{sqlite3_errmsg(somebody.handle)};
    return answer;
}

}  // namespace voicehook::contract
