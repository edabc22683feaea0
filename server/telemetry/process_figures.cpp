#include "telemetry/process_figures.hpp"

#include <dirent.h>
#include <unistd.h>

#include <fstream>
#include <memory>

namespace voicehook::telemetry {
namespace {

struct folder_closer {
    void operator()(DIR* folder) const noexcept { closedir(folder); }
};

double resident_bytes() {
    auto sizes = std::ifstream{"/proc/self/statm"};
    double total_pages{};
    double resident_pages{};
    sizes >> total_pages >> resident_pages;
    return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_files() {
    auto const folder = std::unique_ptr<DIR, folder_closer>{opendir("/proc/self/fd")};
    if (folder == nullptr) return 0;

    double entries{};
    while (readdir(folder.get()) != nullptr) ++entries;
    // ".", ".." and the descriptor that reads the folder.
    constexpr double not_ours = 3;
    return entries - not_ours;
}

}  // namespace

process_figures read_process_figures() { return {.resident_bytes = resident_bytes(), .open_files = open_files()}; }

}  // namespace voicehook::telemetry
