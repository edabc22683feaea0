// A file of lines that only grows: appended, synced, rotated, and repaired after a crash. Blocks; used by one thread at
// a time.
#pragma once

#include "base/failure.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace voicehook::sinks {

class append_file {
public:
    /// "-" is standard output: neither rotated nor repaired. Opened at its first use.
    append_file(std::string path, std::size_t rotate_at);
    ~append_file();
    append_file(append_file const&) = delete;
    append_file& operator=(append_file const&) = delete;

    /// Opens the file if it is not open, or if another one has taken its name. A last line without its end (left by a
    /// crash or a failed write) gets one. `unreadable`.
    [[nodiscard]] result<void> open();

    /// Appends `lines`, each with its '\n', and returns when they are on the disk. A file that would grow over the
    /// limit is renamed to `<path>.<UTC time>` first. After a failure part of them may be there: `unreadable`.
    [[nodiscard]] result<void> append(std::string_view lines, instant now);

private:
    [[nodiscard]] bool is_standard_output() const noexcept { return path_ == "-"; }
    [[nodiscard]] bool still_ours() const;
    [[nodiscard]] result<void> end_last_line();
    [[nodiscard]] result<void> rotate_for(std::size_t more, instant now);
    [[nodiscard]] result<void> write_all(std::string_view bytes);
    [[nodiscard]] result<void> sync();
    [[nodiscard]] std::unexpected<failure> give_up(std::string_view doing);
    void close() noexcept;

    std::string path_;
    std::size_t rotate_at_;
    int file_{-1};
};

}  // namespace voicehook::sinks
