#include "tests/bench/load_options.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace load {

std::expected<options, option_stop> read_options(int count, char const* const* words) {
    auto chosen = options{};
    auto app =
        CLI::App{"Drives one HTTP server of this machine and prints what it measured as JSON.", "voicehook-load"};
    app.add_option("--port", chosen.port, "port of 127.0.0.1")->required();
    app.add_option("--connections", chosen.connections, "at the same time")
        ->check(CLI::Range(1, 20'000))
        ->capture_default_str();
    app.add_option("--requests", chosen.requests_file, "file of prepared requests (see README.md)")
        ->check(CLI::ExistingFile);
    app.add_option("--count", chosen.limit_requests, "requests to send");
    app.add_option("--seconds", chosen.limit_seconds, "longest time to measure")->capture_default_str();
    app.add_option("--duplicates", chosen.duplicates_percent, "percent that repeat an answered request")
        ->check(CLI::Range(0, 50));
    app.add_option("--field", chosen.fields, "header line for each request, may be repeated")->allow_extra_args(false);
    app.add_option("--bodies", chosen.bodies_file, "where the bodies of 2xx answers go, one per line");
    auto const* const plain = app.add_flag("--plain")->description("no TLS");
    auto const* const one = app.add_flag("--no-keepalive")->description("a new connection for each request");
    auto const* const again = app.add_flag("--again")->description("begin the file again at its end");
    auto const* const hold = app.add_flag("--hold")->description("GET /livez once each, then idle until input ends");
    try {
        app.parse(count, words);
    } catch (CLI::ParseError const& stop) {
        auto out = std::ostringstream{};
        auto const code = app.exit(stop, out, out);
        return std::unexpected{option_stop{out.str(), code == 0 ? 0 : 2}};
    }
    if (plain->count() > 0) chosen.over = transport::plain;
    if (one->count() > 0) chosen.after = reuse::one_request;
    if (again->count() > 0) chosen.ending = at_the_end::begin_again;
    if (hold->count() > 0) chosen.what = work::hold;
    if (chosen.what == work::measure && chosen.requests_file.empty())
        return std::unexpected{option_stop{"voicehook-load: --requests is missing\n", 2}};
    return chosen;
}

}  // namespace load
