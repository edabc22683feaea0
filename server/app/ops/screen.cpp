#include "app/ops/screen.hpp"

#include "app/ops/terminal_text.hpp"

#include <sys/ioctl.h>

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace voicehook::app::ops {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";
constexpr std::size_t usual_width = 80;
constexpr std::size_t longest_reply = 1000;

/// The columns of a terminal; nothing when the stream is none.
std::optional<std::size_t> terminal_width(int stream) {
    if (::isatty(stream) == 0) return std::nullopt;
    auto size = winsize{};
    if (::ioctl(stream, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual_width;
    return size.ws_col;
}

std::optional<std::size_t> wanted_width() {
    auto const* const text = std::getenv("COLUMNS");
    if (text == nullptr) return std::nullopt;
    auto width = std::size_t{};
    auto const written = std::string_view{text};
    auto const [end, error] = std::from_chars(written.data(), written.data() + written.size(), width);
    if (error != std::errc{} || end != written.data() + written.size() || width == 0) return std::nullopt;
    return width;
}

class process_screen final : public screen {
public:
    std::size_t width() const override {
        if (auto const wanted = wanted_width()) return *wanted;
        return terminal_width(STDOUT_FILENO).value_or(0);
    }

    instant now() const override { return std::chrono::floor<duration>(std::chrono::system_clock::now()); }

protected:
    void write_result(std::string_view bytes) override { write(stdout, bytes); }
    void write_remark(std::string_view bytes) override { write(stderr, bytes); }
    std::optional<std::size_t> remark_width() const override { return terminal_width(STDERR_FILENO); }

    std::optional<std::string> read_line() override {
        if (::isatty(STDIN_FILENO) == 0) return std::nullopt;
        auto line = std::string{};
        for (auto letter = std::getchar(); letter != '\n' && letter != EOF && line.size() < longest_reply;
             letter = std::getchar())
            line += static_cast<char>(letter);
        return line;
    }

private:
    static void write(std::FILE* stream, std::string_view bytes) {
        std::fwrite(bytes.data(), 1, bytes.size(), stream);
        std::fflush(stream);
    }
};

}  // namespace

void screen::print(std::string_view text) { write_result(shown_lines(text)); }

void screen::document(std::string_view json) {
    write_result(json);
    if (!json.ends_with('\n')) write_result("\n");
}

void screen::complain(std::string_view text) {
    end_progress();
    write_remark(shown_lines(text));
}

void screen::progress(std::string_view line) {
    auto const columns = remark_width();
    auto const text = shown(line);
    if (columns) {
        write_remark(std::string{erase_line} + cut(text, *columns - 1));
        rewriting_ = true;
        return;
    }
    auto const at = now();
    if (last_progress_ && at - *last_progress_ < between_lines) return;
    last_progress_ = at;
    write_remark(text + "\n");
}

void screen::end_progress() {
    if (rewriting_) write_remark("\n");
    rewriting_ = false;
}

std::optional<std::string> screen::ask(std::string_view question) {
    if (!remark_width()) return std::nullopt;
    end_progress();
    write_remark(shown_lines(question));
    return read_line();
}

std::unique_ptr<screen> standard_screen() { return std::make_unique<process_screen>(); }

}  // namespace voicehook::app::ops
