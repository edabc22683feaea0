// Copies one database into another, so many pages at a time.
#pragma once

#include "store/sqlite/database.hpp"

#include <cstdint>

struct sqlite3_backup;

namespace voicehook::store::sqlite {

/// One snapshot, whatever others write meanwhile, as long as `from` is inside a transaction that has read something:
/// otherwise each commit would make it begin anew. Errors are database_errors. One thread, as the two connections.
class page_copy {
public:
    page_copy(database& from, database& into);
    ~page_copy();
    page_copy(page_copy const&) = delete;
    page_copy& operator=(page_copy const&) = delete;

    /// Copies up to so many pages. False once all are copied and committed.
    [[nodiscard]] bool step(int pages);
    [[nodiscard]] std::uint64_t total() const noexcept;
    [[nodiscard]] std::uint64_t done() const noexcept;

private:
    database& into_;
    sqlite3_backup* under_way_;
};

}  // namespace voicehook::store::sqlite
