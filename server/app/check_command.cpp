// `voicehook check`: is this configuration good, and does what it names answer?
#include "app/commands.hpp"
#include "app/listeners.hpp"
#include "app/named_files.hpp"
#include "app/sink_wiring.hpp"
#include "app/system_clock.hpp"
#include "app/wiring.hpp"
#include "async/resolver_pool.hpp"
#include "client/provider_client.hpp"
#include "config/load.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <vector>

namespace voicehook::app {
namespace {

/// What `--connect` found; printed as comments, so that the output stays TOML.
class findings {
public:
    void add(std::string_view what, result<void> const& outcome) {
        fmt::print("# {}: {}\n", what, outcome ? "ok" : outcome.error().doing);
        if (!outcome) ++failures_;
    }
    [[nodiscard]] int exit_code() const { return failures_ == 0 ? exit_ok : exit_refused; }

private:
    int failures_{};
};

/// What a start would refuse although the text of the configuration is good: certificates, keys and authorities that
/// cannot be read, settings that a client library does not take.
std::vector<failure> find_unusable(config::settings const& settings) {
    auto found = check_sinks(settings);
    auto const note = [&found](auto const& outcome) {
        if (!outcome) found.push_back(outcome.error());
    };
    note(read_certificates(settings));
    auto trust = async::trust_stores{};
    note(read_trust(trust, settings.provider.ca_file, "provider.ca_file"));
    note(read_trust(trust, settings.canary.ca_file, "canary.ca_file"));
    return found;
}

/// The store is looked at, not opened: opening would migrate it, or fail beside a running service.
result<void> look_at_store(config::store_settings const& item) {
    auto const named = config::sqlite_path(item.url);
    if (!named) return store::postgres::check(postgres_settings(item));
    auto const& path = *named;
    auto folder = std::filesystem::path{path}.parent_path();
    if (folder.empty()) folder = ".";
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
        return fail(
            errc::unreadable,
            fmt::format("{} is not a folder that can be written: create it or change store.url", folder.string()));
    auto const exists = std::filesystem::exists(path);
    if (exists && ::access(path.c_str(), R_OK | W_OK) != 0)
        return fail(errc::unreadable, fmt::format("{} cannot be read and written by this user", path));
    return {};
}

awaitable<result<void>> ask_for_credits(ports::provider& provider) {
    auto const credits = co_await provider.credits();
    if (!credits) co_return std::unexpected{credits.error()};
    co_return result<void>{};
}

template <class T>
T run(asio::io_context& io, awaitable<T> work) {
    auto outcome = asio::co_spawn(io, std::move(work), asio::use_future);
    io.restart();
    io.run();
    return outcome.get();
}

int connect_to_everything(config::settings const& settings) {
    findings found;
    found.add("store", look_at_store(settings.store));

    asio::io_context io{1};
    async::resolver_pool resolver;
    system_clock clock{io.get_executor()};
    auto stores = async::trust_stores{};
    auto const trust = read_trust(stores, settings.provider.ca_file, "provider.ca_file");
    if (trust) {
        auto const http = client::create_http_client(io.get_executor(), resolver, *trust, {});
        auto const provider = client::create_provider_client(
            *http, clock,
            {.base_url = settings.provider.base_url,
             .submit_timeout = settings.provider.submit_timeout,
             .query_timeout = settings.provider.query_timeout,
             .api_key = [key = settings.provider.api_key] { return key; },
             .observe = [](std::string_view, std::string_view, duration, trace_id const&) {}});
        found.add("provider", run(io, ask_for_credits(*provider)));
    } else {
        found.add("provider", std::unexpected{trust.error()});
    }

    auto const no_keys = [](caller_name const&) { return secret{}; };
    auto const sinks = make_sinks(settings, {io.get_executor(), resolver, resolver, stores, clock, no_keys, nullptr});
    if (!sinks)
        found.add("sinks", std::unexpected{sinks.error()});
    else
        for (auto const& served : *sinks)
            if (auto const& name = served.sink->name().value(); name != core::callback_url_sink)
                found.add(fmt::format("sink {}", name), run(io, served.sink->probe()));
    return found.exit_code();
}

}  // namespace

int check(std::string const& config_path, connect try_peers) {
    auto const settings = load_or_complain(config_path);
    if (!settings) return exit_refused;
    auto const unusable = find_unusable(*settings);
    for (auto const& why : unusable) fmt::print(stderr, "{}\n", why.doing);
    if (!unusable.empty()) return exit_refused;
    fmt::print("{}", config::render_redacted(*settings));
    return try_peers == connect::yes ? connect_to_everything(*settings) : exit_ok;
}

}  // namespace voicehook::app
