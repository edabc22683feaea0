#include "postgres_relay.hpp"

#include "postgres_database.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace voicehook::contract {
namespace {

/// Type and length in front of a message; the length counts itself.
constexpr std::size_t type_bytes = 1;
constexpr std::size_t length_bytes = 4;

int must(int given, std::string_view doing) {
    if (given < 0) throw std::runtime_error{fmt::format("relay: {}", doing)};
    return given;
}

sockaddr_in address_of(std::string const& host, std::uint16_t port) {
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    must(::inet_pton(AF_INET, host.c_str(), &address.sin_addr) - 1, "the server's address");
    return address;
}

int connect_to(std::string const& host, std::uint16_t port) {
    auto const made = must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    auto const address = address_of(host, port);
    must(::connect(made, reinterpret_cast<sockaddr const*>(&address), sizeof address), "connect");
    auto const on = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

void send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // its reader will find out
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

/// False when the other side has closed.
bool receive(int from, std::string& into) {
    auto buffer = std::array<char, 16384>{};
    auto const got = ::recv(from, buffer.data(), buffer.size(), 0);
    if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0;
}

/// The next whole message of `bytes`, taken off it; empty when there is none. The first of a connection has no type.
std::string take_message(std::string& bytes, std::size_t before_length) {
    if (bytes.size() < before_length + length_bytes) return {};
    auto length = std::uint32_t{};
    for (auto at = before_length; at < before_length + length_bytes; ++at)
        length = length << 8U | static_cast<unsigned char>(bytes[at]);
    if (bytes.size() < before_length + length) return {};
    auto message = bytes.substr(0, before_length + length);
    bytes.erase(0, message.size());
    return message;
}

/// The text of a message, up to its NUL, from `at` on, which moves behind it.
std::string text_at(std::string const& message, std::size_t& at) {
    auto const end = std::min(message.find('\0', at), message.size());
    auto text = message.substr(at, end - at);
    at = end + 1;
    return text;
}

std::string trimmed(std::string const& sql) { return sql.substr(std::min(sql.find_first_not_of(" \n"), sql.size())); }

}  // namespace

/// A client's connection and the one to the server for it.
struct postgres_relay::link {
    link(int from, int to) : client{from}, server{to} {}
    ~link() {
        ::close(client);
        ::close(server);
    }
    link(link const&) = delete;
    link& operator=(link const&) = delete;

    int client;
    int server;
    bool greeted{};      ///< the first message has passed
    bool client_left{};  ///< what it sent before still counts
    bool doomed{};       ///< the answer under way is kept, and ends the connection
    bool over{};
    std::string from_client;
    std::string from_server;
    std::string exchange;                         ///< messages that wait for its end
    std::vector<std::string> asked;               ///< statements in it
    std::map<std::string, std::string> compiled;  ///< by name
};

postgres_relay::postgres_relay() {
    auto const url = test_database().url;
    auto const user = url.find("://") + 3;
    auto const host = url.find('@') + 1;
    auto const port = url.find(':', host) + 1;
    auto const database = url.find('/', port);
    user_ = url.substr(user, host - 1 - user);
    host_ = url.substr(host, port - 1 - host);
    server_port_ = static_cast<std::uint16_t>(std::stoi(url.substr(port, database - port)));
    rest_ = url.substr(database);

    bell_ = must(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    listener_ = must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    auto address = address_of("127.0.0.1", 0);
    auto size = socklen_t{sizeof address};
    must(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), "bind");
    must(::listen(listener_, 64), "listen");
    must(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { run(); }};
}

postgres_relay::~postgres_relay() {
    {
        auto const held = std::scoped_lock{guard_};
        over_ = true;
    }
    wake();
    thread_.join();
    ::close(listener_);
    ::close(bell_);
}

std::string postgres_relay::url() const {
    return fmt::format("postgresql://{}@127.0.0.1:{}{}?sslmode=disable&gssencmode=disable", user_, port_, rest_);
}

// ---- what tests ask for ---------------------------------------------------------------------------------------------

void postgres_relay::wake() const {
    auto const one = std::uint64_t{1};
    static_cast<void>(::write(bell_, &one, sizeof one));
}

void postgres_relay::lose(std::string words) {
    auto const held = std::scoped_lock{guard_};
    traps_.push_back({std::move(words), loss::request});
}

void postgres_relay::lose_answer_to(std::string words) {
    auto const held = std::scoped_lock{guard_};
    traps_.push_back({std::move(words), loss::answer});
}

void postgres_relay::cut() {
    {
        auto held = std::unique_lock{guard_};
        cut_ = true;
    }
    wake();
    auto held = std::unique_lock{guard_};
    changed_.wait(held, [this] { return !cut_; });
}

void postgres_relay::refuse() {
    {
        auto const held = std::scoped_lock{guard_};
        weather_ = weather::refusing;
    }
    cut();
}

void postgres_relay::fall_silent() {
    auto const held = std::scoped_lock{guard_};
    weather_ = weather::silent;
    wake();
}

void postgres_relay::heal() {
    auto const held = std::scoped_lock{guard_};
    weather_ = weather::fair;
    wake();
}

void postgres_relay::await_silenced() {
    auto held = std::unique_lock{guard_};
    changed_.wait(held, [this] {
        return std::ranges::any_of(links_, [](auto const& each) { return !each->from_client.empty(); });
    });
}

void postgres_relay::await_losses() {
    auto held = std::unique_lock{guard_};
    changed_.wait(held, [this] { return traps_.empty() && !losing_; });
}

std::vector<std::string> postgres_relay::statements() const {
    auto const held = std::scoped_lock{guard_};
    return statements_;
}

void postgres_relay::forget() {
    auto const held = std::scoped_lock{guard_};
    statements_.clear();
    attempts_ = 0;
}

std::size_t postgres_relay::attempts() const {
    auto const held = std::scoped_lock{guard_};
    return attempts_;
}

// ---- its thread -----------------------------------------------------------------------------------------------------

void postgres_relay::run() {
    for (;;) {
        auto watched = std::vector<pollfd>{{bell_, POLLIN, 0}, {listener_, POLLIN, 0}};
        {
            auto const held = std::scoped_lock{guard_};
            auto const silent = weather_ == weather::silent;
            for (auto const& each : links_) {
                watched.push_back({each->client_left ? -1 : each->client, POLLIN, 0});
                watched.push_back({silent ? -1 : each->server, POLLIN, 0});
            }
        }
        ::poll(watched.data(), watched.size(), -1);

        auto const held = std::scoped_lock{guard_};
        if (over_) return links_.clear();
        auto ignored = std::uint64_t{};
        static_cast<void>(::read(bell_, &ignored, sizeof ignored));
        for (auto at = std::size_t{0}; at < links_.size(); ++at) {
            auto& each = *links_[at];
            if (watched[2 + 2 * at].revents != 0) read_client(each);
            if (watched[3 + 2 * at].revents != 0) read_server(each);
            if (weather_ == weather::fair) take_frames(each);
        }
        if (std::exchange(cut_, false)) links_.clear();
        std::erase_if(links_, [](auto const& each) { return each->over; });
        if (watched[1].revents != 0) accept();
        changed_.notify_all();
    }
}

void postgres_relay::accept() {
    auto const client = must(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), "accept");
    ++attempts_;
    if (weather_ == weather::refusing) {
        ::close(client);
        return;
    }
    auto const on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    links_.push_back(std::make_unique<link>(client, connect_to(host_, server_port_)));
}

void postgres_relay::read_client(link& which) { which.client_left = !receive(which.client, which.from_client); }

void postgres_relay::read_server(link& which) {
    if (weather_ == weather::silent) return;  // since a moment ago
    which.over = !receive(which.server, which.from_server) || which.over;
    pass_answers(which);
}

void postgres_relay::pass_answers(link& which) {
    if (!which.doomed) return send_all(which.client, std::exchange(which.from_server, {}));
    for (auto message = take_message(which.from_server, type_bytes); !message.empty();
         message = take_message(which.from_server, type_bytes))
        if (message.front() == 'Z') {
            which.over = true;
            losing_ = false;
        }
}

void postgres_relay::take_frames(link& which) {
    for (;;) {
        auto message = take_message(which.from_client, which.greeted ? type_bytes : 0);
        if (message.empty() || which.over) break;
        take_frame(which, std::move(message));
    }
    if (which.client_left) which.over = true;
}

void postgres_relay::take_frame(link& which, std::string frame) {
    if (!std::exchange(which.greeted, true)) return send_all(which.server, frame);
    auto const type = frame.front();
    auto at = type_bytes + length_bytes;
    if (type == 'P') {
        auto name = text_at(frame, at);
        which.compiled.insert_or_assign(std::move(name), trimmed(text_at(frame, at)));
    }
    if (type == 'B') {
        static_cast<void>(text_at(frame, at));  // the portal
        which.asked.push_back(which.compiled[text_at(frame, at)]);
    }
    if (type == 'Q') which.asked.push_back(trimmed(text_at(frame, at)));
    which.exchange += frame;
    // A simple query, the end of a pipeline, a password, a farewell: the server is going to act on these.
    if (std::string_view{"QSpX"}.contains(type)) end_exchange(which);
}

bool postgres_relay::springs(link const& which) const {
    auto const begins = [this](auto const& sql) { return sql.starts_with(traps_.front().words); };
    return !traps_.empty() && std::ranges::any_of(which.asked, begins);
}

void postgres_relay::end_exchange(link& which) {
    auto const sprung = springs(which) ? std::optional{traps_.front()} : std::nullopt;
    auto const asked = std::exchange(which.asked, {});
    auto const exchange = std::exchange(which.exchange, {});
    if (sprung) traps_.pop_front();
    if (sprung && sprung->what == loss::request) {
        which.over = true;
        return;
    }
    which.doomed = sprung.has_value();
    losing_ = losing_ || which.doomed;
    statements_.insert(statements_.end(), asked.begin(), asked.end());
    send_all(which.server, exchange);
}

}  // namespace voicehook::contract
