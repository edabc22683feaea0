#include "tests/simulator/simulator.hpp"

#include "tests/simulator/callback_sender.hpp"
#include "tests/simulator/control_routes.hpp"
#include "tests/simulator/courier.hpp"
#include "tests/simulator/crew.hpp"
#include "tests/simulator/http_server.hpp"
#include "tests/simulator/provider_routes.hpp"
#include "tests/simulator/workshop.hpp"

#include <sys/resource.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/system_error.hpp>

#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>

namespace simulator {
namespace {

using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

constexpr auto stop_limit = 5s;

tcp::endpoint endpoint_of(std::string_view text) {
    auto const colon = text.rfind(':');
    auto host = text.substr(0, colon == std::string_view::npos ? 0 : colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    auto failed = boost::system::error_code{};
    auto const address = asio::ip::make_address(host, failed);
    auto port = std::uint16_t{0};
    auto const digits = text.substr(colon + 1);
    auto const [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (failed || wrong != std::errc{} || end != digits.data() + digits.size()) {
        throw std::invalid_argument{"expected address:port, found \"" + std::string{text} + "\""};
    }
    return {address, port};
}

// Runs a step of the start; its failure names the switch that is to blame.
auto started(std::string const& blame, auto&& step) {
    try {
        return step();
    } catch (boost::system::system_error const& failure) {
        throw std::runtime_error{blame + ": " + failure.code().message()};
    }
}

asio::ssl::context server_tls(options const& chosen) {
    auto context = asio::ssl::context{asio::ssl::context::tls_server};
    context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    started("--certificate " + chosen.certificate, [&] { context.use_certificate_chain_file(chosen.certificate); });
    started("--key " + chosen.key, [&] { context.use_private_key_file(chosen.key, asio::ssl::context::pem); });
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    return context;
}

void raise_file_limit() {
    auto limit = rlimit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// The members are the wiring diagram, in order of construction.
class assembly {
public:
    explicit assembly(options const& chosen)
        : chosen_{chosen},
          sender_{started("--callback-ca " + chosen.callback_ca,
                          [&] {
                              auto settings = sender_settings{chosen.callback_ca, chosen.callback_timeout,
                                                              chosen.callback_connections};
                              return create_callback_sender(io_.get_executor(), std::move(settings));
                          })},
          provider_{started(
              "--listen " + chosen.listen,
              [&] { return create_http_listener(workers_, endpoint_of(chosen.listen), &tls_, provider_routes_); })},
          control_{started("--control " + chosen.control, [&] {
              return create_http_listener(workers_, endpoint_of(chosen.control), nullptr, control_routes_);
          })} {}

    fault_book& faults() { return faults_; }

    void run() {
        signals_.async_wait([this](boost::system::error_code failed, int) {
            if (!failed) stop();
        });
        workers_.spawn(provider_->serve());
        workers_.spawn(control_->serve());
        auto const ready = json_text{}
                               .text("event", "ready")
                               .number("port", provider_->port())
                               .number("control_port", control_->port());
        std::printf("%s\n", ready.str().c_str());
        std::fflush(stdout);
        io_.run();
    }

private:
    // All work ends by cancellation; the limit is for what cannot be cancelled, like a name look-up.
    void stop() {
        log_.event("stopping", json_text{}.number("coroutines", workers_.size()));
        workers_.stop();
        farewell_.expires_after(stop_limit);
        farewell_.async_wait([this](boost::system::error_code failed) {
            if (!failed) io_.stop();
        });
        watch_.expires_after(10ms);
        watch_for_the_last();
    }

    void watch_for_the_last() {
        watch_.async_wait([this](boost::system::error_code) {
            if (workers_.size() == 0) {
                farewell_.cancel();
                return;
            }
            watch_.expires_after(10ms);
            watch_for_the_last();
        });
    }

    options const& chosen_;
    event_log log_{chosen_.log};
    dice chances_{chosen_.seed};
    asio::io_context io_{1};
    crew workers_{io_.get_executor(),
                  [this](std::exception const& surprise) { log_.trouble("worker_failed", surprise.what()); }};
    asio::signal_set signals_{io_, SIGINT, SIGTERM};
    asio::steady_timer farewell_{io_};
    asio::steady_timer watch_{io_};
    asio::ssl::context tls_{server_tls(chosen_)};
    fault_book faults_{chances_};
    task_book book_{chances_, chosen_.keep_tasks, chosen_.credits};
    std::unique_ptr<callback_sender> sender_;
    courier courier_{*sender_, book_, log_, chosen_};
    workshop workshop_{workers_, courier_, book_};
    provider_routes provider_routes_{chosen_, chances_, faults_, book_, workshop_, log_};
    control_routes control_routes_{faults_, book_, courier_};
    std::unique_ptr<http_listener> provider_;
    std::unique_ptr<http_listener> control_;
};

}  // namespace

int run_simulator(options const& chosen) {
    raise_file_limit();
    auto const log = event_log{verbosity::quiet};
    try {
        auto all = assembly{chosen};
        for (auto const& text : chosen.faults) {
            auto const equals = text.find('=');
            auto const value = equals == std::string::npos ? std::string{} : text.substr(equals + 1);
            auto const set = all.faults().set(text.substr(0, equals), value);
            if (!set) {
                log.trouble("wrong_fault", set.error());
                return 2;
            }
        }
        all.run();
        return 0;
    } catch (std::exception const& failure) {
        log.trouble("cannot_start", failure.what());
        return 1;
    }
}

}  // namespace simulator
