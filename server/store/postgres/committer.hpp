// Commits groups of operations, whatever happens to the connection meanwhile.
#pragma once

#include "store/lanes/job.hpp"
#include "store/postgres/create.hpp"
#include "store/postgres/session.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::store::postgres {

/// Runs a group as one transaction: two exchanges with the server, whatever its size. A group that collides with
/// another replica's is run again; one with an operation that cannot stay is run operation by operation. When the
/// connection is lost before COMMIT was sent the group is run again, nothing of it having happened; when it is lost
/// afterwards, PostgreSQL is asked what became of the transaction, and believed only where the transaction left its
/// mark. One thread.
class committer {
public:
    explicit committer(postgres_settings const& settings) : settings_{settings}, sessions_{settings, "writes"} {}

    /// Every job has its result afterwards, to be handed on: what the operation gave if its writes are durable.
    void commit(std::vector<std::unique_ptr<lanes::job>>& group);
    void close() noexcept { sessions_.close(); }

private:
    using jobs = std::vector<std::unique_ptr<lanes::job>>;
    enum class outcome : std::uint8_t {
        done = 1,  ///< durable
        refused,   ///< for good, or nothing was to be written
        again,     ///< nothing happened: the same once more
        apart,     ///< nothing happened: each operation alone
    };
    enum class fate : std::uint8_t { committed = 1, undone, unknown };

    /// Whether something became durable.
    bool commit_by(jobs& group, deadline until);
    [[nodiscard]] outcome try_commit(jobs& group, deadline until);
    [[nodiscard]] outcome after_error(jobs& group, database_error const& why,
                                      std::optional<commit_in_doubt> const& in_doubt);
    [[nodiscard]] fate fate_of(commit_in_doubt const& commit, deadline until);
    static bool run(lanes::job& work, postgres_rows& table);

    postgres_settings const& settings_;
    session_keeper sessions_;
    std::string last_trouble_;  ///< why the group under way was not committed yet
};

/// Makes `why` the result of all.
void refuse(std::vector<std::unique_ptr<lanes::job>>& group, failure const& why);

}  // namespace voicehook::store::postgres
