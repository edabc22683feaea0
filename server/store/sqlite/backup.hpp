// A verified copy of the database, made while everything else goes on.
#pragma once

#include "base/failure.hpp"
#include "ports/backup.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace voicehook::store::sqlite {

/// Copies the database at `path` (absolute), over connections of its own that are closed afterwards, and verifies the
/// copy. Blocks; gives up soon after `stop` became true. What it promises is written at the port (ports/store.hpp).
///
/// All is read in one transaction. So long the log keeps every page that is written, and is cut back afterwards: it
/// grows as fast as the store is written to, for as long as the disk takes to copy the file, but not past `log_limit`
/// bytes: `store_busy`.
[[nodiscard]] result<ports::backup_report> make_backup(std::string const& path, ports::backup_request const& request,
                                                       std::uint64_t log_limit, std::atomic<bool> const& stop);

/// Whether a volume with so much left may take so much more: what intake needs stays free.
[[nodiscard]] bool has_room(std::uint64_t free_bytes, std::uint64_t more) noexcept;

}  // namespace voicehook::store::sqlite
