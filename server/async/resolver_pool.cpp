#include "async/resolver_pool.hpp"

#include "base/utf8.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/basic_endpoint.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace voicehook::async {

namespace {

using asio::ip::tcp;
using addresses = std::vector<asio::ip::address>;
using lookup_answer = result<addresses>;

constexpr auto failure_memory = 1s;
constexpr std::size_t max_remembered_failures = 1024;

/// A coroutine that waits for an answer. Its frame owns it; the threads only know it weakly.
struct waiter {
    asio::steady_timer timer;
    std::shared_ptr<lookup_answer const> answer;

    waiter(asio::any_io_executor const& executor, deadline until) : timer{executor, until.moment()} {}
};

struct interested {
    asio::any_io_executor executor;
    std::weak_ptr<waiter> who;
};

struct remembered_failure {
    failure why;
    deadline until;
};

std::string what_we_do(std::string_view host) { return fmt::format("resolve {}", printable(host, 255)); }

lookup_answer ask_system(std::string const& host) {
    auto hints = addrinfo{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    auto* head = static_cast<addrinfo*>(nullptr);
    if (auto const code = ::getaddrinfo(host.c_str(), nullptr, &hints, &head); code != 0)
        return fail(errc::dns, fmt::format("{}: {}", what_we_do(host), ::gai_strerror(code)));
    auto const owner = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>{head, &::freeaddrinfo};

    auto found = addresses{};
    for (auto const* item = head; item != nullptr; item = item->ai_next) {
        auto endpoint = tcp::endpoint{};
        if (item->ai_addrlen > endpoint.capacity()) continue;
        endpoint.resize(item->ai_addrlen);
        std::copy_n(reinterpret_cast<unsigned char const*>(item->ai_addr), item->ai_addrlen,
                    reinterpret_cast<unsigned char*>(endpoint.data()));
        if (std::ranges::find(found, endpoint.address()) == found.end()) found.push_back(endpoint.address());
    }
    return found;
}

lookup_answer look_up(lookup_function const& lookup, std::string const& host) {
    try {
        auto found = lookup(host);
        if (found && found->empty()) return fail(errc::dns, what_we_do(host) + ": no address");
        return found;
    } catch (std::exception const& problem) {
        return fail(errc::dns, fmt::format("{}: {}", what_we_do(host), problem.what()));
    }
}

std::vector<tcp::endpoint> with_port(addresses const& found, std::uint16_t port) {
    auto endpoints = std::vector<tcp::endpoint>{};
    for (auto const& address : found) endpoints.emplace_back(address, port);
    return endpoints;
}

}  // namespace

/// What the pool and its threads share; a stuck thread keeps it alive after the pool.
struct resolver_pool::state {
    std::mutex guard;
    std::condition_variable work;
    lookup_function lookup;
    std::size_t max_queued{};
    std::deque<std::string> queue;
    std::map<std::string, std::vector<interested>> waiting;  ///< by host, while it is queued or being looked up
    std::map<std::string, remembered_failure> failures;
    std::vector<std::thread> threads;
    std::vector<bool> busy;
    bool closed{};

    std::optional<failure> enlist(std::string const& host, interested who);
    std::optional<failure> recall(std::string const& host);
    void remember(std::string const& host, failure why);
    void tell(std::string const& host, std::shared_ptr<lookup_answer const> const& answer);
    static void serve(std::shared_ptr<state> self, std::size_t index);
};

/// Adds a waiter for `host`, and the host to the queue if nobody waits for it yet.
std::optional<failure> resolver_pool::state::enlist(std::string const& host, interested who) {
    auto const lock = std::lock_guard{guard};
    if (auto known = recall(host)) return known;
    if (auto const found = waiting.find(host); found != waiting.end()) {
        std::erase_if(found->second, [](interested const& item) { return item.who.expired(); });
        found->second.push_back(std::move(who));
        return std::nullopt;
    }
    if (queue.size() >= max_queued) return failure{errc::dns, what_we_do(host) + ": too many look-ups wait"};
    waiting[host].push_back(std::move(who));
    queue.push_back(host);
    work.notify_one();
    return std::nullopt;
}

std::optional<failure> resolver_pool::state::recall(std::string const& host) {
    auto const found = failures.find(host);
    if (found == failures.end()) return std::nullopt;
    if (!found->second.until.passed()) return found->second.why;
    failures.erase(found);
    return std::nullopt;
}

void resolver_pool::state::remember(std::string const& host, failure why) {
    if (failures.size() >= max_remembered_failures)
        std::erase_if(failures, [](auto const& item) { return item.second.until.passed(); });
    if (failures.size() < max_remembered_failures)
        failures.insert_or_assign(host, remembered_failure{std::move(why), deadline::in(failure_memory)});
}

/// Hands the answer to everyone who still waits, each on its own executor.
void resolver_pool::state::tell(std::string const& host, std::shared_ptr<lookup_answer const> const& answer) {
    auto const everyone = waiting.extract(host);
    if (everyone.empty()) return;
    for (auto const& item : everyone.mapped()) {
        asio::post(item.executor, [who = item.who, answer] {
            auto const still_there = who.lock();
            if (!still_there) return;
            still_there->answer = answer;
            still_there->timer.cancel();
        });
    }
}

void resolver_pool::state::serve(std::shared_ptr<state> self, std::size_t index) {
    auto lock = std::unique_lock{self->guard};
    for (;;) {
        self->work.wait(lock, [&] { return self->closed || !self->queue.empty(); });
        if (self->closed) return;
        auto const host = std::move(self->queue.front());
        self->queue.pop_front();
        self->busy[index] = true;

        lock.unlock();
        auto const answer = std::make_shared<lookup_answer const>(look_up(self->lookup, host));
        lock.lock();

        self->busy[index] = false;
        if (self->closed) return;
        if (!*answer) self->remember(host, answer->error());
        self->tell(host, answer);
    }
}

resolver_pool::resolver_pool(std::size_t threads, std::size_t max_queued, lookup_function lookup)
    : state_{std::make_shared<state>()} {
    state_->lookup = lookup ? std::move(lookup) : lookup_function{ask_system};
    state_->max_queued = max_queued;
    state_->busy.assign(threads, false);
    auto const lock = std::lock_guard{state_->guard};
    for (std::size_t index = 0; index < threads; ++index) state_->threads.emplace_back(state::serve, state_, index);
}

resolver_pool::~resolver_pool() {
    auto threads = std::vector<std::thread>{};
    auto busy = std::vector<bool>{};
    {
        auto const lock = std::lock_guard{state_->guard};
        state_->closed = true;
        state_->waiting.clear();
        threads = std::move(state_->threads);
        busy = state_->busy;
    }
    state_->work.notify_all();
    for (std::size_t index = 0; index < threads.size(); ++index) {
        if (busy[index])
            threads[index].detach();
        else
            threads[index].join();
    }
}

awaitable<result<std::vector<tcp::endpoint>>> resolver_pool::resolve(std::string host, std::uint16_t port,
                                                                     deadline until) {
    auto not_literal = boost::system::error_code{};
    auto const literal = asio::ip::make_address(host, not_literal);
    if (!not_literal) co_return with_port({literal}, port);

    auto const executor = co_await asio::this_coro::executor;
    auto const me = std::make_shared<waiter>(executor, until);
    if (auto refused = state_->enlist(host, {executor, me})) co_return unexpected{std::move(*refused)};

    auto const [ended] = co_await me->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!me->answer) co_return fail(ended ? errc::stopping : errc::timeout, what_we_do(host));
    if (!*me->answer) co_return unexpected{me->answer->error()};
    co_return with_port(**me->answer, port);
}

}  // namespace voicehook::async
