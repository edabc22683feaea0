// The files beside the database: the lock that keeps a second process out, and the marker of a failed commit.
#pragma once

#include "base/failure.hpp"

#include <string>
#include <string_view>

namespace voicehook::store::sqlite {

/// Holds the exclusive flock on a file for its own lifetime; it ends with the process, however that ends.
class file_lock {
public:
    /// Creates the file if need be. `store_held` when another process (or another store of this one) holds it,
    /// `unreadable` when it cannot be made.
    [[nodiscard]] static result<file_lock> take(std::string const& path);

    file_lock(file_lock&& from) noexcept;
    file_lock& operator=(file_lock&&) = delete;
    ~file_lock();

private:
    explicit file_lock(int descriptor) : descriptor_{descriptor} {}
    int descriptor_;
};

/// Makes an empty file that only its owner may read, unless there is one. Returns its path without symbolic links: what
/// lies beside it and guards it is the same for all who use it. `unreadable` says what is missing.
[[nodiscard]] result<std::string> create_private_file(std::string const& path);

/// Makes the name of a new file as durable as what is in it. `path` is absolute.
void sync_folder_of(std::string const& path) noexcept;

/// `<path>.failed` tells the next start that a commit failed and the database must be checked.
class failure_marker {
public:
    explicit failure_marker(std::string const& database_path) : path_{database_path + ".failed"} {}

    [[nodiscard]] bool exists() const;
    /// As durable as can be; a disk that fails may refuse this too.
    void set(std::string_view why) const noexcept;
    void clear() const;

private:
    std::string path_;
};

}  // namespace voicehook::store::sqlite
