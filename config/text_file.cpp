#include "config/text_file.hpp"

#include "base/units.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace voicehook::config {
namespace {

struct file_closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

std::unexpected<std::string> cannot_read(std::string const& path, int error) {
    constexpr std::size_t shown_bytes = 200;
    return std::unexpected{
        fmt::format("cannot read \"{}\": {}", printable(path, shown_bytes), std::generic_category().message(error))};
}

}  // namespace

std::expected<std::string, std::string> read_text_file(std::string const& path, std::size_t limit) {
    auto const file = std::unique_ptr<std::FILE, file_closer>{std::fopen(path.c_str(), "rbe")};
    if (file == nullptr) return cannot_read(path, errno);

    std::string out;
    std::array<char, 4096> block{};
    while (auto const count = std::fread(block.data(), 1, block.size(), file.get())) {
        out.append(block.data(), count);
        if (out.size() > limit) return std::unexpected{fmt::format("file is larger than {}", size_to_text(limit))};
    }
    if (std::ferror(file.get()) != 0) return cannot_read(path, errno);
    return out;
}

}  // namespace voicehook::config
