// A broker for one test, which does what real ones do seldom.
#pragma once

#include "tests/unit/client/loopback.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::testing {

/// Says `greeting` to whoever connects, hears what `cut` takes out of the bytes that came, and answers each with what
/// `says` gives, in one piece for all that came together; closes when that is nothing.
class scripted_broker {
public:
    using cutter = std::function<std::vector<std::string>(std::string& bytes)>;
    using answers = std::function<std::optional<std::string>(std::string const& heard)>;

    scripted_broker(asio::io_context& io, std::string greeting, cutter cut, answers says)
        : script_{std::make_shared<script>(std::move(greeting), std::move(cut), std::move(says))},
          server_{io, [known = script_](server_peer& peer, std::size_t) { return serve(known, peer); }} {}

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] std::size_t connections() const { return server_.accepted(); }
    [[nodiscard]] std::vector<std::string> const& heard() const { return script_->heard; }
    [[nodiscard]] bool heard_of(std::string_view what) const {
        return std::ranges::any_of(script_->heard, [&](auto const& item) { return item.contains(what); });
    }

private:
    /// Shared with the coroutines, which may end later.
    struct script {
        std::string greeting;
        cutter cut;
        answers says;
        std::vector<std::string> heard{};
    };

    static awaitable<void> serve(std::shared_ptr<script> known, server_peer& peer) {
        co_await peer.send(known->greeting);
        auto bytes = std::string{};
        while (true) {
            auto const more = co_await peer.read_bytes();
            if (more.empty()) co_return;
            bytes += more;
            auto out = std::string{};
            for (auto& item : known->cut(bytes)) {
                known->heard.push_back(std::move(item));
                auto const said = known->says(known->heard.back());
                if (!said) co_return;
                out += *said;
            }
            co_await peer.send(std::move(out));
        }
    }

    std::shared_ptr<script> script_;
    loopback_server server_;
};

}  // namespace voicehook::testing
