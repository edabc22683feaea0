// A named pipe that a test reads when it wants to.
#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <string>

namespace voicehook::testing {

class fifo {
public:
    explicit fifo(std::string const& path) {
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        reader_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        EXPECT_GE(reader_, 0);
    }
    ~fifo() { ::close(reader_); }
    fifo(fifo const&) = delete;
    fifo& operator=(fifo const&) = delete;

    /// How many bytes it takes while nobody reads.
    [[nodiscard]] std::size_t capacity() const { return static_cast<std::size_t>(::fcntl(reader_, F_GETPIPE_SZ)); }

    /// Exactly so many bytes; waits for them.
    [[nodiscard]] std::string read(std::size_t bytes) const {
        auto text = std::string(bytes, '\0');
        for (std::size_t got = 0; got < bytes;) {
            auto const step = ::read(reader_, text.data() + got, bytes - got);
            if (step <= 0) return text.substr(0, got);
            got += static_cast<std::size_t>(step);
        }
        return text;
    }

private:
    int reader_{};
};

}  // namespace voicehook::testing
