// A disk that fails on demand, between SQLite and the real one.
#pragma once

namespace voicehook::contract {

enum class disk_fault : unsigned char {
    none = 1,
    full,
    write_fails,
    sync_fails,
    garbles,  ///< all but the first page arrives as zeros
};

/// Every database opened in this process while it lives sees the fault that is set. One at a time.
class fault_vfs {
public:
    fault_vfs();
    ~fault_vfs();
    fault_vfs(fault_vfs const&) = delete;
    fault_vfs& operator=(fault_vfs const&) = delete;

    /// Safe from any thread; holds until the next call.
    void set(disk_fault fault) noexcept;
};

}  // namespace voicehook::contract
