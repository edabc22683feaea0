// The fixture of what only the embedded store promises: files, locks, reopening, groups.
#pragma once

#include "store/sqlite/create.hpp"
#include "store_contract.hpp"

namespace voicehook::contract {

class SqliteStore : public ::testing::Test {
protected:
    [[nodiscard]] result<std::unique_ptr<ports::store>> open(store::sqlite::sqlite_settings settings = {},
                                                             instant now = noon);
    /// Opens it; the test ends if that fails.
    [[nodiscard]] std::unique_ptr<ports::store> reopen(instant now = noon);
    template <class T>
    T wait(awaitable<T> work) {
        return wait_for(io_, std::move(work));
    }
    void close(std::unique_ptr<ports::store> store);

    [[nodiscard]] std::string path() const { return folder_.file("voicehook.db"); }
    /// Runs SQL on the file as somebody else would.
    void run_sql(std::string const& script);
    [[nodiscard]] std::string ask_sql(std::string const& question) const { return ask_sql(path(), question); }
    [[nodiscard]] static std::string ask_sql(std::string const& path, std::string const& question);

    temporary_folder folder_;
    asio::io_context io_;
};

}  // namespace voicehook::contract
