#include "store/sqlite/backup_file.hpp"

#include "ports/backup.hpp"
#include "store/sqlite/file_guard.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <string_view>
#include <system_error>
#include <vector>

namespace voicehook::store::sqlite {
namespace {

constexpr int owner_only = 0600;
constexpr int owner_only_folder = 0700;
constexpr std::string_view unfinished = ".partial";

failure file_failure(std::string_view doing, int error) {
    auto const full = error == ENOSPC || error == EDQUOT;
    auto const code = full ? errc::store_full : error == EEXIST ? errc::conflict : errc::unreadable;
    return {code, fmt::format("{}: {}", doing, std::strerror(error))};
}

result<void> make_folder(std::string const& folder) {
    if (::mkdir(folder.c_str(), owner_only_folder) == 0) {
        sync_folder_of(folder);
        return {};
    }
    auto const error = errno;
    auto ignored = std::error_code{};
    if (error == EEXIST && std::filesystem::is_directory(folder, ignored)) return {};
    return unexpected{file_failure(fmt::format("make the folder {}", folder), error == EEXIST ? ENOTDIR : error)};
}

/// File names in the folder for which `wanted` holds, sorted.
std::vector<std::string> names_in(std::string const& folder, std::function<bool(std::string_view)> const& wanted) {
    auto names = std::vector<std::string>{};
    auto unreadable = std::error_code{};
    for (auto const& entry : std::filesystem::directory_iterator{folder, unreadable}) {
        auto name = entry.path().filename().string();
        if (wanted(name) && entry.is_regular_file(unreadable)) names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
}

bool is_unfinished(std::string_view name) {
    auto const end = name.find(unfinished);
    return end != std::string_view::npos && ports::is_backup_file_name(name.substr(0, end));
}

/// What SQLite may leave beside a file, and the file.
void remove_with_companions(std::string const& path) noexcept {
    for (auto const* const suffix : {"", "-journal", "-wal"}) ::unlink((path + suffix).c_str());
}

/// Never over a file that is there; where the file system cannot promise that, as far as looking first goes.
int rename_onto_nothing(std::string const& from, std::string const& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    if (::access(to.c_str(), F_OK) == 0) return EEXIST;
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

result<backup_file> backup_file::create(std::string const& folder, std::string const& name) {
    auto const absolute = std::filesystem::absolute(folder).lexically_normal().string();
    auto const made = make_folder(absolute);
    if (!made) return unexpected{made.error()};
    for (auto const& left : names_in(absolute, is_unfinished)) ::unlink(fmt::format("{}/{}", absolute, left).c_str());

    auto final = absolute + "/" + name;
    if (::access(final.c_str(), F_OK) == 0) return unexpected{file_failure(fmt::format("create {}", final), EEXIST)};
    auto const partial = fmt::format("{}{}", final, unfinished);
    auto const descriptor = ::open(partial.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, owner_only);
    if (descriptor < 0) return unexpected{file_failure(fmt::format("create {}", partial), errno)};
    return backup_file{std::move(final), descriptor};
}

backup_file::backup_file(backup_file&& from) noexcept
    : final_{std::move(from.final_)}, descriptor_{std::exchange(from.descriptor_, -1)} {}

backup_file::~backup_file() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    remove_with_companions(partial());
}

result<void> backup_file::sync() const {
    if (::fsync(descriptor_) == 0) return {};
    return unexpected{file_failure(fmt::format("sync {}", partial()), errno)};
}

result<std::string> backup_file::publish() { return rename_to(final_); }

result<std::string> backup_file::set_aside() { return rename_to(final_ + ".unsound"); }

result<std::string> backup_file::rename_to(std::string name) {
    auto const synced = sync();
    if (!synced) return unexpected{synced.error()};
    auto const error = rename_onto_nothing(partial(), name);
    if (error != 0) return unexpected{file_failure(fmt::format("rename {} to {}", partial(), name), error)};
    sync_folder_of(name);
    ::close(std::exchange(descriptor_, -1));
    return name;
}

std::size_t delete_older_backups(std::string const& folder, std::size_t keep) {
    auto names = names_in(folder, ports::is_backup_file_name);
    if (keep == 0 || names.size() <= keep) return 0;
    names.resize(names.size() - keep);
    return static_cast<std::size_t>(std::ranges::count_if(
        names, [&](std::string const& name) { return ::unlink(fmt::format("{}/{}", folder, name).c_str()) == 0; }));
}

std::uint64_t free_bytes_beside(std::string const& path) noexcept {
    auto unknown = std::error_code{};
    auto const space = std::filesystem::space(std::filesystem::path{path}.parent_path(), unknown);
    return unknown ? std::numeric_limits<std::uint64_t>::max() : space.available;
}

}  // namespace voicehook::store::sqlite
