#include "store/sqlite/file_guard.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace voicehook::store::sqlite {
namespace {

constexpr int owner_only = 0600;

/// What to do about a file that cannot be opened.
failure unreadable(std::string const& path, int error) {
    auto const folder = std::filesystem::path{path}.parent_path();
    auto ignored = std::error_code{};
    if (error == ENOENT && !folder.empty() && !std::filesystem::exists(folder, ignored))
        return {
            errc::unreadable,
            fmt::format("the folder {} does not exist: create it for the user that runs voicehook", folder.string())};
    return {errc::unreadable, fmt::format("open {}: {}", path, std::strerror(error))};
}

}  // namespace

result<file_lock> file_lock::take(std::string const& path) {
    auto const descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
    if (descriptor < 0) return unexpected{unreadable(path, errno)};

    auto lock = file_lock{descriptor};
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK)
        return fail(errc::store_held,
                    fmt::format("another process holds {}: stop it, only one may use the store", path));
    return fail(errc::unreadable, fmt::format("lock {}: {}", path, std::strerror(errno)));
}

file_lock::file_lock(file_lock&& from) noexcept : descriptor_{std::exchange(from.descriptor_, -1)} {}

file_lock::~file_lock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void sync_folder_of(std::string const& path) noexcept {
    auto const folder = path.substr(0, path.rfind('/') + 1);
    auto const descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

result<std::string> create_private_file(std::string const& path) {
    auto const descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
    if (descriptor < 0) return unexpected{unreadable(path, errno)};
    ::close(descriptor);

    auto unresolved = std::error_code{};
    auto resolved = std::filesystem::canonical(path, unresolved);
    if (unresolved) return unexpected{unreadable(path, unresolved.value())};
    return resolved.string();
}

bool failure_marker::exists() const {
    auto ignored = std::error_code{};
    return std::filesystem::exists(path_, ignored);
}

void failure_marker::set(std::string_view why) const noexcept {
    auto const descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner_only);
    if (descriptor < 0) return;
    auto const written = ::write(descriptor, why.data(), why.size());
    static_cast<void>(written);  // that the file is there is what counts
    ::fsync(descriptor);
    ::close(descriptor);
    sync_folder_of(path_);
}

void failure_marker::clear() const {
    auto ignored = std::error_code{};
    std::filesystem::remove(path_, ignored);
}

}  // namespace voicehook::store::sqlite
