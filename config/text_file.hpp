// Reads a small file whole.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace voicehook::config {

/// The bytes of a regular file or pipe of at most `limit` bytes. The error names the file and says what is wrong.
[[nodiscard]] std::expected<std::string, std::string> read_text_file(std::string const& path, std::size_t limit);

}  // namespace voicehook::config
