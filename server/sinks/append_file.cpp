#include "sinks/append_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace voicehook::sinks {

namespace {

constexpr int max_names_per_moment = 100;

std::string compact(instant now) {
    auto text = to_rfc3339(now);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

std::string folder_of(std::string const& path) {
    auto const folder = std::filesystem::path{path}.parent_path();
    return folder.empty() ? "." : folder.string();
}

/// Makes a new name in a folder survive a power cut.
void sync_folder(std::string const& path) {
    auto const folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    ::fsync(folder);
    ::close(folder);
}

bool is_regular(int file, struct stat& found) { return ::fstat(file, &found) == 0 && S_ISREG(found.st_mode); }

}  // namespace

append_file::append_file(std::string path, std::size_t rotate_at) : path_{std::move(path)}, rotate_at_{rotate_at} {}

append_file::~append_file() { close(); }

void append_file::close() noexcept {
    if (file_ >= 0 && !is_standard_output()) ::close(file_);
    file_ = -1;
}

/// The next use opens anew, which repairs what this one left.
std::unexpected<failure> append_file::give_up(std::string_view doing) {
    auto const why = std::system_category().message(errno);
    close();
    return fail(errc::unreadable, fmt::format("{} {}: {}", doing, path_, why));
}

bool append_file::still_ours() const {
    struct stat open_one{};
    struct stat named{};
    if (::fstat(file_, &open_one) != 0 || ::stat(path_.c_str(), &named) != 0) return false;
    return open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

result<void> append_file::open() {
    if (is_standard_output()) {
        file_ = STDOUT_FILENO;
        return {};
    }
    if (file_ >= 0 && still_ours()) return {};
    close();
    file_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (file_ < 0) return give_up("open");
    sync_folder(path_);
    return end_last_line();
}

result<void> append_file::end_last_line() {
    struct stat found{};
    if (!is_regular(file_, found) || found.st_size == 0) return {};
    auto last = char{};
    if (::pread(file_, &last, 1, found.st_size - 1) != 1) return give_up("read the end of");
    return last == '\n' ? result<void>{} : write_all("\n");
}

result<void> append_file::rotate_for(std::size_t more, instant now) {
    struct stat found{};
    if (is_standard_output() || !is_regular(file_, found) || found.st_size == 0) return {};
    if (static_cast<std::size_t>(found.st_size) + more <= rotate_at_) return {};
    auto const base = fmt::format("{}.{}", path_, compact(now));
    for (auto number = 0; number < max_names_per_moment; ++number) {
        auto const name = number == 0 ? base : fmt::format("{}-{}", base, number);
        if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) == 0) {
            close();
            return open();
        }
        if (errno != EEXIST) break;
    }
    return give_up("rotate");
}

result<void> append_file::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(file_, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return give_up("append to");
        auto room = pollfd{.fd = file_, .events = POLLOUT, .revents = 0};
        ::poll(&room, 1, -1);
    }
    return {};
}

/// Pipes and terminals have nothing to sync.
result<void> append_file::sync() {
    struct stat found{};
    if (!is_regular(file_, found) || ::fdatasync(file_) == 0) return {};
    return give_up("sync");
}

result<void> append_file::append(std::string_view lines, instant now) {
    auto const opened = open();
    if (!opened || lines.empty()) return opened;
    auto const rotated = rotate_for(lines.size(), now);
    if (!rotated) return rotated;
    auto const written = write_all(lines);
    if (!written) return written;
    return sync();
}

}  // namespace voicehook::sinks
