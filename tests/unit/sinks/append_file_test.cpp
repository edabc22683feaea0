#include "sinks/append_file.hpp"
#include "tests/unit/sinks/fifo.hpp"
#include "tests/unit/sinks/temporary_folder.hpp"

#include <gmock/gmock.h>

#include <sys/resource.h>
#include <csignal>

namespace voicehook::testing {
namespace {

using sinks::append_file;
using ::testing::ElementsAre;

constexpr auto noon = instant{1'775'123'456'789ms};
constexpr auto rotated_name = "out.20260402T095056.789Z";
constexpr std::size_t no_rotation = 1'000'000;

deadline soon() { return deadline::in(10s); }

/// Makes writes beyond `bytes` fail with EFBIG, as a full disk would.
class file_size_limit {
public:
    explicit file_size_limit(std::size_t bytes) : old_handler_{std::signal(SIGXFSZ, SIG_IGN)} {
        ::getrlimit(RLIMIT_FSIZE, &old_);
        auto const limit = rlimit{bytes, old_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        std::signal(SIGXFSZ, old_handler_);
    }
    file_size_limit(file_size_limit const&) = delete;
    file_size_limit& operator=(file_size_limit const&) = delete;

private:
    void (*old_handler_)(int);
    rlimit old_{};
};

TEST(AppendFile, AppendsToWhatIsThere) {
    auto const folder = temporary_folder{};
    write_file(folder / "out", "before\n");
    auto file = append_file{folder / "out", no_rotation};

    ASSERT_TRUE(file.append("one\n", noon, soon()));
    ASSERT_TRUE(file.append("two\nthree\n", noon, soon()));

    EXPECT_EQ(read_file(folder / "out"), "before\none\ntwo\nthree\n");
}

TEST(AppendFile, EndsALineThatACrashLeftOpen) {
    auto const folder = temporary_folder{};
    write_file(folder / "out", "whole\n{\"cut");
    auto file = append_file{folder / "out", no_rotation};

    ASSERT_TRUE(file.append("next\n", noon, soon()));

    EXPECT_EQ(read_file(folder / "out"), "whole\n{\"cut\nnext\n");
}

TEST(AppendFile, EndsALineThatAFailedWriteLeftOpen) {
    auto const folder = temporary_folder{};
    auto file = append_file{folder / "out", no_rotation};
    ASSERT_TRUE(file.append("one\n", noon, soon()));
    {
        auto const full = file_size_limit{8};
        auto const failed = file.append("two is cut\n", noon, soon());
        ASSERT_FALSE(failed.has_value());
        EXPECT_EQ(failed.error().code, errc::unreadable);
    }

    ASSERT_TRUE(file.append("two\n", noon, soon()));

    EXPECT_EQ(read_file(folder / "out"), "one\ntwo \ntwo\n");
}

TEST(AppendFile, RotatesBeforeALineThatWouldNotFit) {
    auto const folder = temporary_folder{};
    auto file = append_file{folder / "out", 10};

    ASSERT_TRUE(file.append("12345\n", noon, soon()));
    ASSERT_TRUE(file.append("123\n", noon, soon()));
    ASSERT_TRUE(file.append("x\n", noon, soon()));

    EXPECT_THAT(folder.names(), ElementsAre("out", rotated_name));
    EXPECT_EQ(read_file(folder / rotated_name), "12345\n123\n");
    EXPECT_EQ(read_file(folder / "out"), "x\n");
}

TEST(AppendFile, OverwritesNoRotatedFileOfTheSameMoment) {
    auto const folder = temporary_folder{};
    auto file = append_file{folder / "out", 3};

    for (auto const* text : {"first\n", "second\n", "third\n"}) ASSERT_TRUE(file.append(text, noon, soon()));

    EXPECT_THAT(folder.names(), ElementsAre("out", rotated_name, std::string{rotated_name} + "-1"));
    EXPECT_EQ(read_file(folder / rotated_name), "first\n");
    EXPECT_EQ(read_file(folder / (std::string{rotated_name} + "-1")), "second\n");
    EXPECT_EQ(read_file(folder / "out"), "third\n");
}

TEST(AppendFile, FollowsItsNameWhenSomebodyMovesTheFileAway) {
    auto const folder = temporary_folder{};
    auto file = append_file{folder / "out", no_rotation};
    ASSERT_TRUE(file.append("one\n", noon, soon()));
    std::filesystem::rename(folder / "out", folder / "moved");

    ASSERT_TRUE(file.append("two\n", noon, soon()));

    EXPECT_EQ(read_file(folder / "moved"), "one\n");
    EXPECT_EQ(read_file(folder / "out"), "two\n");
}

TEST(AppendFile, SaysWhichFileItCannotOpen) {
    auto const folder = temporary_folder{};
    auto file = append_file{folder / "absent/out", no_rotation};

    auto const written = file.append("a line\n", noon, soon());

    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().code, errc::unreadable);
    EXPECT_NE(written.error().doing.find("absent/out"), std::string::npos) << written.error().doing;
}

TEST(AppendFile, ChecksWithoutTouchingAnything) {
    auto const folder = temporary_folder{};
    write_file(folder / "there", "cut");
    std::filesystem::create_directory(folder / "folder");
    struct row {
        std::string path;
        std::string complaint;
    };
    auto const rows = std::vector<row>{{"-", ""},
                                       {folder / "there", ""},
                                       {folder / "new", ""},
                                       {folder / "folder", "append to"},
                                       {folder / "there/out", "append to"},
                                       {folder / "absent/out", "make"}};
    for (auto const& row : rows) {
        auto const file = append_file{row.path, no_rotation};

        auto const checked = file.check();

        EXPECT_EQ(checked.has_value(), row.complaint.empty()) << row.path;
        if (!checked) EXPECT_EQ(checked.error().doing.substr(0, row.complaint.size()), row.complaint) << row.path;
    }
    EXPECT_THAT(folder.names(), ElementsAre("folder", "there"));
    EXPECT_EQ(read_file(folder / "there"), "cut");
}

TEST(AppendFile, WaitsForTheReaderOfAPipeUntilItsDeadlineAndThenEndsTheCutLine) {
    auto const folder = temporary_folder{};
    auto const pipe = fifo{folder / "pipe"};
    auto const size = pipe.capacity();
    auto file = append_file{folder / "pipe", 1};

    auto const stuck = file.append(std::string(size, 'x') + "\n", noon, deadline::in(20ms));
    ASSERT_EQ(pipe.read(size), std::string(size, 'x'));
    auto const written = file.append("next\n", noon, soon());

    ASSERT_FALSE(stuck.has_value());
    EXPECT_EQ(stuck.error().code, errc::timeout);
    EXPECT_TRUE(written.has_value());
    EXPECT_EQ(pipe.read(6), "\nnext\n");
}

TEST(AppendFile, WritesToStandardOutput) {
    auto file = append_file{"-", 1};

    ::testing::internal::CaptureStdout();
    auto const written = file.append("a line\n", noon, soon());
    auto const seen = ::testing::internal::GetCapturedStdout();

    EXPECT_TRUE(written.has_value());
    EXPECT_EQ(seen, "a line\n");
}

}  // namespace
}  // namespace voicehook::testing
