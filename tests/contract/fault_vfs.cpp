#include "fault_vfs.hpp"

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace voicehook::contract {
namespace {

std::atomic<disk_fault> current{disk_fault::none};

/// What SQLite allocates per file: ours, then the real one's.
struct faulty_file {
    sqlite3_file ours;
    sqlite3_file real;
};

sqlite3_file* real_of(sqlite3_file* file) { return &reinterpret_cast<faulty_file*>(file)->real; }
sqlite3_vfs* real_of(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int close(sqlite3_file* file) { return real_of(file)->pMethods->xClose(real_of(file)); }
int read(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
    return real_of(file)->pMethods->xRead(real_of(file), into, size, at);
}
int garble(sqlite3_file* file, int size, sqlite3_int64 at, void const* from) {
    auto const zeros = std::vector<char>(static_cast<std::size_t>(size));
    return real_of(file)->pMethods->xWrite(real_of(file), at == 0 ? from : zeros.data(), size, at);
}
int write(sqlite3_file* file, void const* from, int size, sqlite3_int64 at) {
    switch (current.load()) {
        case disk_fault::full: return SQLITE_FULL;
        case disk_fault::write_fails: return SQLITE_IOERR_WRITE;
        case disk_fault::garbles: return garble(file, size, at, from);
        case disk_fault::none:
        case disk_fault::sync_fails: break;
    }
    return real_of(file)->pMethods->xWrite(real_of(file), from, size, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) { return real_of(file)->pMethods->xTruncate(real_of(file), size); }
int sync(sqlite3_file* file, int flags) {
    if (current == disk_fault::sync_fails) return SQLITE_IOERR_FSYNC;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
int lock(sqlite3_file* file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); }
int unlock(sqlite3_file* file, int level) { return real_of(file)->pMethods->xUnlock(real_of(file), level); }
int check_lock(sqlite3_file* file, int* held) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}
int control(sqlite3_file* file, int what, void* argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}
int sector_size(sqlite3_file* file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
int characteristics(sqlite3_file* file) { return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)); }
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** into) {
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, into);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return real_of(file)->pMethods->xShmUnmap(real_of(file), remove); }

constexpr sqlite3_io_methods methods{.iVersion = 2,
                                     .xClose = close,
                                     .xRead = read,
                                     .xWrite = write,
                                     .xTruncate = truncate,
                                     .xSync = sync,
                                     .xFileSize = file_size,
                                     .xLock = lock,
                                     .xUnlock = unlock,
                                     .xCheckReservedLock = check_lock,
                                     .xFileControl = control,
                                     .xSectorSize = sector_size,
                                     .xDeviceCharacteristics = characteristics,
                                     .xShmMap = shm_map,
                                     .xShmLock = shm_lock,
                                     .xShmBarrier = shm_barrier,
                                     .xShmUnmap = shm_unmap,
                                     .xFetch = nullptr,
                                     .xUnfetch = nullptr};

int open(sqlite3_vfs* vfs, char const* name, sqlite3_file* file, int flags, int* got) {
    auto const code = real_of(vfs)->xOpen(real_of(vfs), name, real_of(file), flags, got);
    file->pMethods = code == SQLITE_OK ? &methods : nullptr;
    return code;
}

sqlite3_vfs faulty{};

}  // namespace

fault_vfs::fault_vfs() {
    auto* const real = sqlite3_vfs_find(nullptr);
    if (real == nullptr || real == &faulty) throw std::logic_error{"no file system to break"};
    faulty = *real;
    faulty.zName = "faulty";
    faulty.pNext = nullptr;
    faulty.pAppData = real;
    faulty.szOsFile = static_cast<int>(sizeof(faulty_file)) + real->szOsFile;
    faulty.xOpen = open;
    set(disk_fault::none);
    if (sqlite3_vfs_register(&faulty, 1) != SQLITE_OK) throw std::runtime_error{"register the faulty file system"};
}

fault_vfs::~fault_vfs() {
    set(disk_fault::none);
    sqlite3_vfs_unregister(&faulty);
}

void fault_vfs::set(disk_fault fault) noexcept { current = fault; }

}  // namespace voicehook::contract
