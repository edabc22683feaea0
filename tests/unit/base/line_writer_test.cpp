#include "base/line_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

namespace voicehook {
namespace {

class pipe_ends {
public:
    pipe_ends() {
        auto ends = std::array<int, 2>{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        reader = ends[0];
        writer = ends[1];
    }
    ~pipe_ends() {
        ::close(reader);
        ::close(writer);
    }
    pipe_ends(pipe_ends const&) = delete;
    pipe_ends& operator=(pipe_ends const&) = delete;

    [[nodiscard]] std::string read(std::size_t bytes) const {
        auto text = std::string(bytes, '\0');
        auto got = std::size_t{0};
        while (got < bytes) {
            auto const step = ::read(reader, text.data() + got, bytes - got);
            if (step <= 0) break;
            got += static_cast<std::size_t>(step);
        }
        text.resize(got);
        return text;
    }

    int reader{};
    int writer{};
};

TEST(LineWriter, WritesWholeLinesInTheirOrder) {
    auto const pipe = pipe_ends{};
    auto out = line_writer{pipe.writer, 16};

    out.write("first");
    out.write("second");
    ASSERT_TRUE(out.flush(10s));

    EXPECT_EQ(pipe.read(13), "first\nsecond\n");
    EXPECT_EQ(out.dropped(), 0U);
}

TEST(LineWriter, WritesWhatFollowsALineByItself) {
    auto const pipe = pipe_ends{};
    auto out = line_writer{pipe.writer, 16};

    out.write("first");
    EXPECT_EQ(pipe.read(6), "first\n");
    out.write("second");
    out.write("third");

    EXPECT_EQ(pipe.read(13), "second\nthird\n");
}

TEST(LineWriter, ItsEndLosesNothing) {
    auto const pipe = pipe_ends{};
    {
        auto out = line_writer{pipe.writer, 16};
        out.write("first");
        EXPECT_EQ(pipe.read(6), "first\n");
        out.write("second");
    }

    EXPECT_EQ(pipe.read(7), "second\n");
}

TEST(LineWriter, WaitsForNoReaderAndCountsWhatItDrops) {
    constexpr std::size_t length = 4096;
    constexpr std::size_t lines = 200;
    auto const pipe = pipe_ends{};
    ASSERT_EQ(::fcntl(pipe.writer, F_SETPIPE_SZ, 4096), 4096);
    auto out = line_writer{pipe.writer, 8};

    for (std::size_t number = 0; number < lines; ++number) out.write(std::string(length, 'x'));
    auto const in_time = out.flush(1ms);
    auto const dropped = out.dropped();

    EXPECT_FALSE(in_time);
    ASSERT_GT(dropped, 0U);
    ASSERT_LT(dropped, lines);
    auto const rest = (lines - dropped) * (length + 1);
    EXPECT_EQ(pipe.read(rest).size(), rest);
    EXPECT_TRUE(out.flush(10s));
    EXPECT_EQ(out.dropped(), dropped);
}

TEST(LineWriter, CountsWhatItsDescriptorRefuses) {
    auto const full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    {
        auto out = line_writer{full, 16};

        out.write("first");
        out.write("second");
        ASSERT_TRUE(out.flush(10s));

        EXPECT_EQ(out.dropped(), 2U);
    }
    ::close(full);
}

}  // namespace
}  // namespace voicehook
