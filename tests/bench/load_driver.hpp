// Keeps every connection busy with one request at a time until there is no more to send.
#pragma once

#include "tests/bench/load_answer_reader.hpp"
#include "tests/bench/load_channel.hpp"
#include "tests/bench/load_options.hpp"
#include "tests/bench/load_report.hpp"
#include "tests/bench/load_request_list.hpp"

#include <cstddef>
#include <fstream>
#include <memory>
#include <string_view>
#include <vector>

namespace load {

/// One thread around epoll. The clock starts when all connections stand (keep-alive), or at once; a request's latency
/// runs from its first byte (or from the connect) to the last byte of its answer.
class driver {
public:
    driver(options const& chosen, request_list requests);
    ~driver();
    driver(driver const&) = delete;
    driver& operator=(driver const&) = delete;

    /// Opens the connections, if they are kept.
    void connect_all();
    /// Sends and measures until the requests or the time run out.
    void run();
    [[nodiscard]] report const& result() const noexcept { return report_; }
    [[nodiscard]] std::size_t repeated() const noexcept { return requests_.repeated(); }
    [[nodiscard]] std::size_t established() const noexcept { return established_; }

private:
    enum class phase : unsigned char { closed = 1, connecting, idle, writing, reading };
    struct client {
        std::unique_ptr<channel> line;
        phase now{phase::closed};
        unsigned watched{};
        std::string_view unsent;
        answer_reader answer;
        steady::time_point began;
    };

    void open(client& one);
    void close(client& one);
    void watch(client& one, unsigned events);
    void advance(client& one);
    void establish(client& one);
    void next_request(client& one);
    void send(client& one);
    void receive(client& one);
    void answered(client& one);
    void fail(client& one, std::string_view why);
    void turn(int wait_ms);

    options const& chosen_;
    request_list requests_;
    report report_;
    std::shared_ptr<SSL_CTX> tls_;
    int epoll_;
    std::ofstream bodies_;
    std::vector<std::unique_ptr<client>> clients_;
    std::size_t established_{};
    std::size_t busy_{};
    std::size_t failed_{};
    unsigned opened_{};
    bool sending_{};
};

}  // namespace load
