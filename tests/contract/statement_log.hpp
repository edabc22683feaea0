// What the connections of this process do: which statements, at what price, and which connections are open.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace voicehook::contract {

/// Sees every connection that is opened while it lives. One at a time; safe from any thread.
class statement_log {
public:
    statement_log();
    ~statement_log();
    statement_log(statement_log const&) = delete;
    statement_log& operator=(statement_log const&) = delete;

    /// Forgets the statements so far.
    void clear();
    /// Statements that have run to their end, and the instructions of SQLite's machine that each took.
    [[nodiscard]] std::map<std::string, std::int64_t> statements() const;
    [[nodiscard]] std::int64_t instructions() const;
    [[nodiscard]] int open_connections() const;
    /// Called on the thread that runs it before each statement that contains `part`.
    void before(std::string part, std::function<void()> then);
};

}  // namespace voicehook::contract
