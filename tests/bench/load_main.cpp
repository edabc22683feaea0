// voicehook-load: the load generator of the benchmark, the same for every server.
#include "tests/bench/load_driver.hpp"
#include "tests/bench/load_options.hpp"
#include "tests/bench/load_request_list.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

namespace {

void allow_many_files() {
    auto limit = rlimit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int measure(load::options const& chosen) {
    auto requests = load::request_list::read(chosen);
    if (!requests) {
        std::fprintf(stderr, "voicehook-load: %s\n", requests.error().c_str());
        return 2;
    }
    auto driven = load::driver{chosen, std::move(*requests)};
    driven.connect_all();
    driven.run();
    std::puts(driven.result().json(driven.repeated()).c_str());
    return driven.result().answers() > 0 ? 0 : 1;
}

int hold(load::options const& chosen) {
    auto driven = load::driver{chosen, load::request_list::probes(chosen)};
    driven.connect_all();
    driven.run();
    std::printf("{\"event\":\"holding\",\"connections\":%zu,\"answers\":%zu}\n", driven.established(),
                driven.result().answers());
    std::fflush(stdout);
    auto ignored = char{};
    while (read(STDIN_FILENO, &ignored, 1) > 0) {}
    return 0;
}

}  // namespace

int main(int count, char** words) {
    auto const chosen = load::read_options(count, words);
    if (!chosen) {
        std::fputs(chosen.error().text.c_str(), chosen.error().exit_code == 0 ? stdout : stderr);
        return chosen.error().exit_code;
    }
    std::signal(SIGPIPE, SIG_IGN);
    allow_many_files();
    try {
        return chosen->what == load::work::hold ? hold(*chosen) : measure(*chosen);
    } catch (std::exception const& error) {
        std::fprintf(stderr, "voicehook-load: %s\n", error.what());
        return 2;
    }
}
