// A file of lines that only grows: appended, synced, rotated, and repaired after a crash. Blocks; used by one thread at
// a time.
#pragma once

#include "base/deadline.hpp"
#include "base/failure.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace voicehook::sinks {

class append_file {
public:
    /// "-" is standard output, which is never rotated. Opened at its first use.
    append_file(std::string path, std::size_t rotate_at);
    ~append_file();
    append_file(append_file const&) = delete;
    append_file& operator=(append_file const&) = delete;

    /// Whether the file can be appended to, or made in its folder. Touches nothing. `unreadable`.
    [[nodiscard]] result<void> check() const;

    /// Appends `lines`, each with its '\n', and returns when they are on the disk. A last line without its end (left by
    /// a crash or a failed write) gets one first; a file that would grow over the limit is renamed to
    /// `<path>.<UTC time>`; one whose name another has taken is left to itself. After a failure part of the lines may
    /// be there: `unreadable`, or `timeout` when a pipe or terminal had no room until then. (Disks know no time limit.)
    [[nodiscard]] result<void> append(std::string_view lines, instant now, deadline until);

private:
    [[nodiscard]] bool is_standard_output() const noexcept { return path_ == "-"; }
    [[nodiscard]] bool still_ours() const;
    [[nodiscard]] bool is_regular() const;
    [[nodiscard]] result<void> open();
    [[nodiscard]] result<void> learn_last_byte();
    [[nodiscard]] result<void> rotate_for(std::size_t more, instant now);
    [[nodiscard]] result<void> write_all(std::string_view bytes, deadline until);
    [[nodiscard]] result<void> wait_for_room(deadline until) const;
    [[nodiscard]] result<void> sync();
    [[nodiscard]] std::unexpected<failure> give_up(std::string_view doing);
    void close() noexcept;

    std::string path_;
    std::size_t rotate_at_;
    int file_{-1};
    char last_byte_{'\n'};  ///< what the file ends with, or what a pipe got last
};

}  // namespace voicehook::sinks
