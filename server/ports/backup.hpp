// What a backup of the store is asked with, how far it is, and what it came to.
#pragma once

#include "base/time.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace voicehook::ports {

/// Written by whoever copies, read by anybody meanwhile; 0 of 0 before it is known how much there is.
struct backup_progress {
    std::atomic<std::uint64_t> pages_done{};
    std::atomic<std::uint64_t> pages_total{};
};

struct backup_request {
    std::string folder;   ///< made if it is missing, but not what it lies in. Of this store's backups only
    instant at;           ///< names the file: see `backup_file_name`
    std::size_t keep{0};  ///< so many of the newest stay, older ones are deleted once this one is verified; 0: all stay
    std::shared_ptr<backup_progress> progress{std::make_shared<backup_progress>()};
};

/// A backup that was verified.
struct backup_report {
    std::string file;           ///< its path
    std::uint64_t bytes{};      ///< its size
    std::uint64_t tasks{};      ///< how many are in it
    std::uint64_t log_bytes{};  ///< how long the store's log was when all was copied: it only grows meanwhile
    std::size_t deleted{};      ///< older ones that had to go
};

/// "voicehook-20260402T101112.345Z.db": sorts by time.
[[nodiscard]] std::string backup_file_name(instant at);
/// Whether it is a name of that kind.
[[nodiscard]] bool is_backup_file_name(std::string_view name) noexcept;

}  // namespace voicehook::ports
