// Where a command speaks and listens.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::app::ops {

/// Results go to standard output; complaints, progress and questions to standard error. What is for people goes through
/// `shown_lines` here, whatever it went through before: no byte of somebody else's reaches a terminal unseen.
class screen {
public:
    virtual ~screen() = default;

    /// Lines for people.
    void print(std::string_view text);
    /// A document for programs, unchanged, and a line break.
    void document(std::string_view json);
    /// A piece of such a document.
    void piece(std::string_view json) { write_result(json); }
    /// Lines for people about what went wrong, or what they must know before they answer.
    void complain(std::string_view text);
    /// How far something is: one line that is rewritten on a terminal, a line of its own every `between_lines`
    /// elsewhere.
    void progress(std::string_view line);
    /// The last progress stays.
    void end_progress();
    /// Asks and reads a line; nothing when no terminal is there to ask.
    [[nodiscard]] std::optional<std::string> ask(std::string_view question);

    /// Of standard output; 0 when it is no terminal and COLUMNS says nothing.
    [[nodiscard]] virtual std::size_t width() const = 0;
    [[nodiscard]] virtual instant now() const = 0;

protected:
    static constexpr auto between_lines = 5s;

    virtual void write_result(std::string_view bytes) = 0;
    virtual void write_remark(std::string_view bytes) = 0;
    /// The width of the terminal that remarks go to; nothing when it is none.
    [[nodiscard]] virtual std::optional<std::size_t> remark_width() const = 0;
    /// A line from the keyboard; nothing when there is none.
    [[nodiscard]] virtual std::optional<std::string> read_line() = 0;

private:
    std::optional<instant> last_progress_;
    bool rewriting_{};
};

/// The process's own streams.
[[nodiscard]] std::unique_ptr<screen> standard_screen();

}  // namespace voicehook::app::ops
