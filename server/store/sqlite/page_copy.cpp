#include "store/sqlite/page_copy.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace voicehook::store::sqlite {

page_copy::page_copy(database& from, database& into)
    : into_{into}, under_way_{sqlite3_backup_init(into.handle_, "main", from.handle_, "main")} {
    if (under_way_ == nullptr) throw_error(into.handle_, "begin to copy pages");
}

page_copy::~page_copy() { sqlite3_backup_finish(under_way_); }

bool page_copy::step(int pages) {
    auto const code = sqlite3_backup_step(under_way_, pages);
    if (code == SQLITE_OK) return true;
    if (code == SQLITE_DONE) return false;
    throw database_error{fmt::format("copy pages: {} (SQLite {})", sqlite3_errstr(code), code), code,
                         sqlite3_system_errno(into_.handle_)};
}

std::uint64_t page_copy::total() const noexcept {
    return static_cast<std::uint64_t>(sqlite3_backup_pagecount(under_way_));
}

std::uint64_t page_copy::done() const noexcept {
    return total() - static_cast<std::uint64_t>(sqlite3_backup_remaining(under_way_));
}

}  // namespace voicehook::store::sqlite
