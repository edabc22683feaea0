// Self-signed certificates for tests, made in a directory that removes itself.
#pragma once

#include <filesystem>
#include <string>

namespace voicehook::test {

/// A new directory below the system's temporary one; removed with everything in it.
class scratch_directory {
public:
    scratch_directory();
    ~scratch_directory();
    scratch_directory(scratch_directory const&) = delete;
    scratch_directory& operator=(scratch_directory const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

struct certificate_files {
    std::string certificate;
    std::string key;
};

/// Writes `<stem>.crt` and `<stem>.key`: P-256, valid for a day, for the DNS name `host` and 127.0.0.1. Throws on
/// failure.
certificate_files make_certificate(std::filesystem::path const& stem, std::string const& host);

/// Writes the key in `file` again, protected by a passphrase; returns the new file. Throws on failure.
std::string encrypt_key(std::string const& file, std::string const& passphrase);

}  // namespace voicehook::test
