// A file that is there whole and synced, or not at all.
#pragma once

#include "base/failure.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace voicehook::sinks {

/// Written under another name in the same folder and renamed at the end; replaces an earlier one. What was not finished
/// is removed. Every function blocks; one thread at a time.
class artifact_file {
public:
    /// `folder` is made where it is missing. `name` must be a plain file name.
    artifact_file(std::string folder, std::string name);
    ~artifact_file();
    artifact_file(artifact_file const&) = delete;
    artifact_file& operator=(artifact_file const&) = delete;

    /// `store_full` when less than `reserve` bytes would be left on the disk after `expected` more; `unreadable`.
    [[nodiscard]] result<void> open(std::size_t expected, std::size_t reserve);
    /// `store_full` or `unreadable`.
    [[nodiscard]] result<void> write(std::string_view bytes);
    /// Syncs the file and its name, which gets `ending` ("." and letters).
    [[nodiscard]] result<void> finish(std::string_view ending);
    /// Removes what is not finished, as the destructor does.
    void discard() noexcept;

private:
    std::string folder_;
    std::string name_;
    std::string part_;
    int file_{-1};
};

/// Whether files can be made in `folder`, which is made where it is missing; `unreadable`.
[[nodiscard]] result<void> check_artifact_folder(std::string const& folder);

}  // namespace voicehook::sinks
