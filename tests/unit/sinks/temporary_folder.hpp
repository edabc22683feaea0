// A folder that lives as long as a test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace voicehook::testing {

class temporary_folder {
public:
    temporary_folder() {
        auto pattern = ::testing::TempDir() + "voicehook-sinks-XXXXXX";
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        path_ = pattern;
    }
    ~temporary_folder() {
        auto ignored = std::error_code{};
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;

    [[nodiscard]] std::string operator/(std::string const& name) const { return (path_ / name).string(); }
    [[nodiscard]] std::string path() const { return path_.string(); }

    /// The names in it, sorted.
    [[nodiscard]] std::vector<std::string> names() const {
        auto found = std::vector<std::string>{};
        for (auto const& item : std::filesystem::directory_iterator{path_}) found.push_back(item.path().filename());
        std::ranges::sort(found);
        return found;
    }

private:
    std::filesystem::path path_;
};

inline std::string read_file(std::string const& path) {
    auto in = std::ifstream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline void write_file(std::string const& path, std::string const& bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

}  // namespace voicehook::testing
