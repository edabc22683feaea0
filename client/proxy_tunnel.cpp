#include "client/proxy_tunnel.hpp"

#include "client/request_head.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace voicehook::client {

namespace {

constexpr std::size_t max_tunnel_answer = 16 * 1024;
constexpr auto end_of_header = std::string_view{"\r\n\r\n"};

/// The status of "HTTP/1.1 200 …"; nothing when that is not what `answer` begins with.
std::optional<int> read_status(std::string_view answer) {
    constexpr auto status_at = std::string_view{"HTTP/1.x "}.size();
    constexpr auto digits = std::size_t{3};
    if (!answer.starts_with("HTTP/1.0 ") && !answer.starts_with("HTTP/1.1 ")) return std::nullopt;
    auto const text = answer.substr(status_at, digits);
    auto const after = answer.substr(status_at + text.size());
    auto status = int{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    auto const ends_there = after.starts_with(' ') || after.starts_with("\r\n");
    if (error != std::errc{} || text.size() != digits || end != text.data() + digits || status < 100 || !ends_there)
        return std::nullopt;
    return status;
}

std::string_view advice(int status) {
    switch (status) {
        case 407: return ", unauthorized: set or correct proxy_username and proxy_password";
        case 403:
        case 405: return ": its rules do not allow this target";
        case 500:
        case 502:
        case 503:
        case 504: return ": it does not reach the target";
        default: return "";
    }
}

awaitable<result<std::string>> read_answer(connection& peer, std::string_view doing) {
    auto answer = std::string{};
    auto room = std::array<char, 1024>{};
    while (!answer.contains(end_of_header)) {
        if (answer.size() > max_tunnel_answer) co_return fail(errc::protocol, fmt::format("{}: a long answer", doing));
        auto const got = co_await peer.read_some(room);
        answer.append(room.data(), got.bytes);
        if (got.error) co_return unexpected{peer.explain(got.error, doing)};
    }
    co_return answer;
}

}  // namespace

std::string name_of(egress_proxy const& proxy) { return fmt::format("{}:{}", proxy.url.host, port_of(proxy.url)); }

awaitable<result<void>> open_tunnel(connection& peer, egress_proxy const& proxy, core::url_parts const& target,
                                    std::string_view user_agent, deadline until) {
    auto const doing = fmt::format("open a tunnel to {} through the proxy {}", target.host, name_of(proxy));
    auto const head = render_connect(target, proxy.authorization.reveal(), user_agent);
    if (!head) co_return unexpected{head.error()};

    peer.limit(until);
    auto const written = co_await peer.write(*head, {});
    if (written.error) co_return unexpected{peer.explain(written.error, doing)};
    auto const answer = co_await read_answer(peer, doing);
    if (!answer) co_return unexpected{answer.error()};
    peer.lift_limit();

    auto const status = read_status(*answer);
    if (!status) co_return fail(errc::protocol, doing + ": its answer is not HTTP");
    if (*status / 100 != 2)
        co_return fail(errc::refused, fmt::format("{}: HTTP {}{}", doing, *status, advice(*status)));
    // The target speaks when it was spoken to: what comes with the answer is the proxy's.
    if (answer->find(end_of_header) + end_of_header.size() != answer->size())
        co_return fail(errc::protocol, doing + ": bytes after its answer");
    co_return result<void>{};
}

}  // namespace voicehook::client
