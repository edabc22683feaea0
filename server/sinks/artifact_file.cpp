#include "sinks/artifact_file.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace voicehook::sinks {
namespace {

errc code_of(int error) { return error == ENOSPC || error == EDQUOT ? errc::store_full : errc::unreadable; }

std::unexpected<failure> failed(int error, std::string_view doing, std::string const& path) {
    return fail(code_of(error), fmt::format("{} {}: {}", doing, path, std::strerror(error)));
}

result<void> make_folder(std::string const& folder) {
    auto error = std::error_code{};
    std::filesystem::create_directories(folder, error);
    if (error) return fail(code_of(error.value()), fmt::format("make the folder {}: {}", folder, error.message()));
    return {};
}

/// The name of a new file is durable once its folder is.
result<void> sync_folder(std::string const& folder) {
    auto const opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return failed(errno, "open", folder);
    auto const synced = ::fsync(opened) == 0;
    auto const error = errno;
    ::close(opened);
    if (!synced) return failed(error, "sync", folder);
    return {};
}

}  // namespace

artifact_file::artifact_file(std::string folder, std::string name)
    : folder_{std::move(folder)}, name_{std::move(name)}, part_{fmt::format("{}/.{}.part", folder_, name_)} {}

artifact_file::~artifact_file() { discard(); }

void artifact_file::discard() noexcept {
    if (file_ < 0) return;
    ::close(std::exchange(file_, -1));
    ::unlink(part_.c_str());
}

result<void> artifact_file::open(std::size_t expected, std::size_t reserve) {
    auto const made = make_folder(folder_);
    if (!made) return made;
    struct statvfs disk{};
    if (::statvfs(folder_.c_str(), &disk) != 0) return failed(errno, "look at", folder_);
    if (static_cast<std::size_t>(disk.f_bavail) * disk.f_frsize < expected + reserve)
        return fail(errc::store_full, fmt::format("write to {}: the disk is almost full", folder_));
    file_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (file_ < 0) return failed(errno, "make", part_);
    return {};
}

result<void> artifact_file::write(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(file_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed(errno, "write to", part_);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

result<void> artifact_file::finish(std::string_view ending) {
    auto const whole = fmt::format("{}/{}{}", folder_, name_, ending);
    if (::fsync(file_) != 0) return failed(errno, "sync", part_);
    if (::rename(part_.c_str(), whole.c_str()) != 0) return failed(errno, "rename", part_);
    ::close(std::exchange(file_, -1));
    return sync_folder(folder_);
}

result<void> check_artifact_folder(std::string const& folder) {
    auto const made = make_folder(folder);
    if (!made) return made;
    if (::access(folder.c_str(), W_OK | X_OK) != 0) return failed(errno, "write to", folder);
    return {};
}

}  // namespace voicehook::sinks
