// Reads a stream of server-sent events piece by piece.
#pragma once

#include "base/failure.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::app::ops {

struct server_event {
    std::string name{"message"};
    std::string data;
    std::string id{};  ///< the last that came, with this event or before it
    friend bool operator==(server_event const&, server_event const&) = default;
};

/// A state machine without a socket. Source: HTML, 9.2.6 "Interpreting an event stream".
class event_reader {
public:
    /// Bytes that one line and one event may take.
    static constexpr std::size_t longest = 4 * 1024 * 1024;

    /// The events that these bytes complete. `too_large` when a line or an event does not end within `longest`.
    [[nodiscard]] result<std::vector<server_event>> take(std::string_view bytes);

    /// The id of the last event that had one, for Last-Event-ID: visible ASCII. Kept over `reconnected`.
    [[nodiscard]] std::string const& last_id() const noexcept { return last_id_; }
    /// Another connection begins: what was begun on the old one is dropped.
    void reconnected();

private:
    void take_line(std::string_view line, std::vector<server_event>& out);

    std::string line_;
    server_event event_;
    bool has_data_{};
    bool after_return_{};
    std::string next_id_;
    std::string last_id_;
};

}  // namespace voicehook::app::ops
