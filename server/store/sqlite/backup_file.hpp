// The file that a backup is written to, from its folder to its name.
#pragma once

#include "base/failure.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace voicehook::store::sqlite {

/// `<folder>/<name>.partial`, new and empty, which only its owner may read. It is gone at the end of this object,
/// unless it got a name. Failures: see `back_up` in ports/store.hpp.
class backup_file {
public:
    /// Makes the folder if it is missing, and removes what an earlier life left there unfinished.
    [[nodiscard]] static result<backup_file> create(std::string const& folder, std::string const& name);

    backup_file(backup_file&& from) noexcept;
    backup_file& operator=(backup_file&&) = delete;
    ~backup_file();

    /// Where it is written to.
    [[nodiscard]] std::string partial() const { return final_ + ".partial"; }
    /// What is written so far survives a power cut.
    [[nodiscard]] result<void> sync() const;
    /// Gives it its name, durably, unless there is a file of that name. Returns its path.
    [[nodiscard]] result<std::string> publish();
    /// Gives it a name that nobody takes for a backup: `<name>.unsound`. Returns its path.
    [[nodiscard]] result<std::string> set_aside();

private:
    backup_file(std::string final, int descriptor) : final_{std::move(final)}, descriptor_{descriptor} {}
    [[nodiscard]] result<std::string> rename_to(std::string name);

    std::string final_;
    int descriptor_;
};

/// Deletes all but the newest `keep` backups in the folder; 0 keeps all. Returns how many are gone.
std::size_t delete_older_backups(std::string const& folder, std::size_t keep);

/// What the volume that `path` lies on has left for us, in bytes.
[[nodiscard]] std::uint64_t free_bytes_beside(std::string const& path) noexcept;

}  // namespace voicehook::store::sqlite
