#include "sinks/append_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace voicehook::sinks {

namespace {

constexpr int max_names_per_moment = 100;
constexpr std::size_t pipe_step = PIPE_BUF;

std::string compact(instant now) {
    auto text = to_rfc3339(now);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

std::string folder_of(std::string const& path) {
    auto const folder = std::filesystem::path{path}.parent_path();
    return folder.empty() ? "." : folder.string();
}

/// Never over a file that is there; where the file system cannot promise that (NFS), as far as looking first goes.
bool rename_onto_nothing(std::string const& from, std::string const& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno != EINVAL && errno != ENOSYS) return false;
    if (::access(to.c_str(), F_OK) != 0) return ::rename(from.c_str(), to.c_str()) == 0;
    errno = EEXIST;
    return false;
}

/// Makes a new name in a folder survive a power cut.
void sync_folder(std::string const& path) {
    auto const folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    ::fsync(folder);
    ::close(folder);
}

}  // namespace

append_file::append_file(std::string path, std::size_t rotate_at) : path_{std::move(path)}, rotate_at_{rotate_at} {}

append_file::~append_file() { close(); }

void append_file::close() noexcept {
    if (file_ >= 0 && !is_standard_output()) ::close(file_);
    file_ = -1;
}

bool append_file::is_regular() const {
    struct stat found{};
    return ::fstat(file_, &found) == 0 && S_ISREG(found.st_mode);
}

/// The next use opens anew, and learns what this one left.
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

result<void> append_file::check() const {
    if (is_standard_output()) return {};
    auto const refuse = [this](std::string_view doing, int why) {
        return fail(errc::unreadable, fmt::format("{} {}: {}", doing, path_, std::system_category().message(why)));
    };
    struct stat found{};
    if (::stat(path_.c_str(), &found) == 0) {
        if (S_ISDIR(found.st_mode)) return refuse("append to", EISDIR);
        if (::faccessat(AT_FDCWD, path_.c_str(), R_OK | W_OK, AT_EACCESS) != 0) return refuse("append to", errno);
        return {};
    }
    if (errno != ENOENT) return refuse("append to", errno);
    if (::faccessat(AT_FDCWD, folder_of(path_).c_str(), W_OK | X_OK, AT_EACCESS) != 0) return refuse("make", errno);
    return {};
}

result<void> append_file::open() {
    if (is_standard_output()) {
        file_ = STDOUT_FILENO;
        return {};
    }
    if (file_ >= 0 && still_ours()) return {};
    close();
    file_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
    if (file_ < 0) return give_up("open");
    sync_folder(path_);
    return learn_last_byte();
}

result<void> append_file::learn_last_byte() {
    struct stat found{};
    if (::fstat(file_, &found) != 0) return give_up("look at");
    if (!S_ISREG(found.st_mode)) return {};
    last_byte_ = '\n';
    if (found.st_size == 0 || ::pread(file_, &last_byte_, 1, found.st_size - 1) == 1) return {};
    return give_up("read the end of");
}

result<void> append_file::rotate_for(std::size_t more, instant now) {
    struct stat found{};
    if (is_standard_output() || !is_regular() || ::fstat(file_, &found) != 0 || found.st_size == 0) return {};
    if (static_cast<std::size_t>(found.st_size) + more <= rotate_at_) return {};
    auto const base = fmt::format("{}.{}", path_, compact(now));
    for (auto number = 0; number < max_names_per_moment; ++number) {
        auto const name = number == 0 ? base : fmt::format("{}-{}", base, number);
        if (rename_onto_nothing(path_, name)) {
            close();
            return open();
        }
        if (errno != EEXIST) break;
    }
    return give_up("rotate");
}

/// A pipe that polls as writable takes PIPE_BUF bytes without blocking, whatever its flags are.
result<void> append_file::write_all(std::string_view bytes, deadline until) {
    auto const may_block = !is_regular();
    while (!bytes.empty()) {
        if (may_block) {
            auto const room = wait_for_room(until);
            if (!room) return room;
        }
        auto const written = ::write(file_, bytes.data(), may_block ? std::min(bytes.size(), pipe_step) : bytes.size());
        if (written < 0) {
            if (errno == EINTR || errno == EAGAIN) continue;
            return give_up("append to");
        }
        if (written == 0) continue;
        last_byte_ = bytes[static_cast<std::size_t>(written) - 1];
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

result<void> append_file::wait_for_room(deadline until) const {
    for (;;) {
        auto room = pollfd{.fd = file_, .events = POLLOUT, .revents = 0};
        auto const ready = ::poll(&room, 1, static_cast<int>(until.left().count()));
        if (ready > 0) return {};
        if (ready == 0) return fail(errc::timeout, fmt::format("append to {}: nobody reads it", path_));
        if (errno != EINTR) return fail(errc::unreadable, fmt::format("wait for room in {}", path_));
    }
}

/// Pipes and terminals have nothing to sync.
result<void> append_file::sync() {
    if (!is_regular() || ::fdatasync(file_) == 0) return {};
    return give_up("sync");
}

result<void> append_file::append(std::string_view lines, instant now, deadline until) {
    auto const opened = open();
    if (!opened || lines.empty()) return opened;
    auto const ended = last_byte_ == '\n' ? result<void>{} : write_all("\n", until);
    if (!ended) return ended;
    auto const rotated = rotate_for(lines.size(), now);
    if (!rotated) return rotated;
    auto const written = write_all(lines, until);
    if (!written) return written;
    return sync();
}

}  // namespace voicehook::sinks
