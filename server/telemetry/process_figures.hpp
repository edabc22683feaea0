// What the kernel tells of this process.
#pragma once

namespace voicehook::telemetry {

struct process_figures {
    double resident_bytes{};
    double open_files{};
};

/// Reads /proc/self; what cannot be read is 0.
[[nodiscard]] process_figures read_process_figures();

}  // namespace voicehook::telemetry
