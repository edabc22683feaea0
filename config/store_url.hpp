// What a store URL says: which database it names, and how it is shown to people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::config {

enum class store_kind : std::uint8_t { sqlite = 1, postgres };

/// Nothing for a URL that names neither.
[[nodiscard]] std::optional<store_kind> store_kind_of(std::string_view url);

/// The file that a store URL names: sqlite:///var/x is /var/x, sqlite://x.db is x.db in the working directory. Nothing
/// for any other URL, and for the names that SQLite does not take for files (":memory:", "file:…").
[[nodiscard]] std::optional<std::string> sqlite_path(std::string_view url);

/// Where backups of that file go unless the configuration names a folder: `backups`, beside it.
[[nodiscard]] std::string backup_folder_beside(std::string_view database_path);

/// Whether a PostgreSQL URL has a password in it, before the host or as a parameter.
[[nodiscard]] bool has_password(std::string_view url);

/// The URL with "***" for every password in it. Where it is not certain what is one, too much is hidden, not too
/// little.
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace voicehook::config
