#include "tests/bench/load_driver.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace load {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_connecting = 20s;
/// A server that fails so often is not worth waiting for.
constexpr std::size_t too_many_failures = 10'000;

}  // namespace

driver::driver(options const& chosen, request_list requests)
    : chosen_{chosen}, requests_{std::move(requests)}, epoll_{epoll_create1(EPOLL_CLOEXEC)} {
    if (epoll_ < 0) throw std::runtime_error{"no epoll"};
    if (chosen.over == transport::tls) tls_ = make_tls();
    if (!chosen.bodies_file.empty()) bodies_.open(chosen.bodies_file, std::ios::binary | std::ios::trunc);
    for (auto count = std::size_t{}; count < chosen.connections; ++count)
        clients_.push_back(std::make_unique<client>());
}

driver::~driver() { ::close(epoll_); }

void driver::connect_all() {
    if (chosen_.after == reuse::one_request) return;
    for (auto const& one : clients_) {
        open(*one);
        if (opened_ % 64 == 0) turn(1);  // the server's backlog is short
    }
    auto const until = steady::now() + longest_connecting;
    while (established_ < clients_.size() && steady::now() < until && failed_ < too_many_failures) turn(50);
}

void driver::run() {
    auto const begun = steady::now();
    auto const until =
        begun + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(chosen_.limit_seconds));
    report_.began(begun);
    sending_ = true;
    for (auto const& one : clients_) {
        if (one->now == phase::idle || one->now == phase::closed) next_request(*one);
    }
    while (busy_ > 0 && failed_ < too_many_failures) {
        auto const now = steady::now();
        if (now > until) sending_ = false;
        if (now > until + 10s) break;
        turn(50);
    }
    report_.ended(steady::now());
    for (auto const& one : clients_)
        if (one->now == phase::writing || one->now == phase::reading) report_.failed("no answer");
}

void driver::turn(int wait_ms) {
    auto events = std::array<epoll_event, 256>{};
    auto const count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
    for (auto place = 0; place < count; ++place)
        advance(*static_cast<client*>(events.at(static_cast<std::size_t>(place)).data.ptr));
}

void driver::open(client& one) {
    one.line = std::make_unique<channel>(tls_.get(), chosen_.port, opened_++);
    one.now = phase::connecting;
    one.watched = 0;
    watch(one, EPOLLOUT);
}

void driver::close(client& one) {
    if (one.line && one.now != phase::connecting) --established_;
    one.line.reset();
    one.now = phase::closed;
    one.answer.clear();
}

void driver::watch(client& one, unsigned events) {
    if (one.watched == events) return;
    auto wanted = epoll_event{};
    wanted.events = events;
    wanted.data.ptr = &one;
    epoll_ctl(epoll_, one.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, one.line->descriptor(), &wanted);
    one.watched = events;
}

void driver::advance(client& one) {
    switch (one.now) {
        case phase::closed: return;
        case phase::connecting: return establish(one);
        case phase::writing: return send(one);
        case phase::idle:
        case phase::reading: return receive(one);
    }
}

void driver::establish(client& one) {
    auto const reached = one.line->establish();
    if (reached == io::gone) return fail(one, "connect");
    if (reached != io::done) return watch(one, reached == io::wants_input ? EPOLLIN : EPOLLOUT);
    ++established_;
    if (one.unsent.empty()) {
        one.now = phase::idle;
        watch(one, EPOLLIN);
        if (sending_) next_request(one);
    } else {
        one.now = phase::writing;
        send(one);
    }
}

void driver::next_request(client& one) {
    if (!sending_) return;
    auto const request = requests_.next();
    if (!request) {
        sending_ = false;
        return;
    }
    ++busy_;
    one.unsent = *request;
    one.began = steady::now();
    if (one.now == phase::closed) return open(one);
    one.now = phase::writing;
    send(one);
}

void driver::send(client& one) {
    while (!one.unsent.empty()) {
        auto const sent = one.line->write(one.unsent);
        if (sent.what == io::gone) return fail(one, "write");
        if (sent.what != io::done) return watch(one, EPOLLIN | EPOLLOUT);
        one.unsent.remove_prefix(sent.bytes);
    }
    one.now = phase::reading;
    watch(one, EPOLLIN);
}

void driver::receive(client& one) {
    auto buffer = std::array<char, 16 * 1024>{};
    for (;;) {
        auto const got = one.line->read(buffer);
        if (got.what == io::gone) return one.now == phase::idle ? close(one) : fail(one, "closed");
        if (got.what != io::done) return;
        if (one.now == phase::idle) return fail(one, "unasked");
        auto const seen = one.answer.take({buffer.data(), got.bytes});
        if (seen == answer_reader::progress::not_understood) return fail(one, "not understood");
        if (seen == answer_reader::progress::complete) return answered(one);
    }
}

void driver::answered(client& one) {
    report_.answered(one.answer.status(), steady::now() - one.began);
    --busy_;
    if (bodies_.is_open() && one.answer.status() / 100 == 2) bodies_ << one.answer.body() << '\n';
    auto const over = one.answer.closes() || chosen_.after == reuse::one_request;
    one.answer.clear();
    one.now = phase::idle;
    if (over) close(one);
    next_request(one);
}

void driver::fail(client& one, std::string_view why) {
    report_.failed(why);
    ++failed_;
    auto const had_request = one.now == phase::writing || one.now == phase::reading || !one.unsent.empty();
    if (had_request) --busy_;
    one.unsent = {};
    close(one);
    next_request(one);
}

}  // namespace load
