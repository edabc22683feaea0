#include "config/validate.hpp"
#include "core/address.hpp"
#include "core/delivery.hpp"
#include "core/host_list.hpp"

#include <fmt/format.h>

#include <set>

namespace voicehook::config {
namespace {

void check_sink_name(std::string const& key, sink_name const& name, std::set<sink_name>& names, findings& out) {
    if (!out.sound(key)) return;
    if (name.value().empty())
        out.complain(key, "required: 1 to 64 letters, digits, '_', '.' or '-'");
    else if (core::is_reserved_sink(name.value()))
        out.complain(key, fmt::format("\"{}\" is reserved for a sink that voicehook has itself: choose another name",
                                      name.value()));
    else if (!names.insert(name).second)
        out.complain(key, "must be unique among sinks");
}

void check_sink_path(std::string const& key, std::string const& path, std::set<std::string>& paths, findings& out) {
    if (!out.sound(key)) return;
    if (path.empty())
        out.complain(key, "required for type \"file\": the file to append to, or \"-\" for standard output");
    else if (path.ends_with('/'))
        out.complain(key, "expected a file, not a folder");
    else if (!paths.insert(path).second)
        out.complain(key, "another sink writes there: lines of both would mix");
}

void check_retries(std::string const& row, retry_settings const& item, findings& out) {
    if (item.first > item.longest && out.sound(row + ".retry.first") && out.sound(row + ".retry.longest"))
        out.complain(row + ".retry.first", "must not be more than longest");
}

void check_allowed_hosts(callback_url_settings const& item, findings& out) {
    std::string const key = "callback_url.allowed_hosts";
    if (!out.sound(key)) return;
    for (std::size_t i = 0; i < item.allowed_hosts.size(); ++i) {
        auto const& text = item.allowed_hosts[i];
        if (!core::is_host_pattern(text))
            out.complain(key, fmt::format("entry {}: expected a host without a port, such as \"hooks.example.com\", or "
                                          "\"*.example.com\" for every host below one",
                                          i));
        else if (!item.allow_internal &&
                 core::names_internal_host(text.starts_with("*.") ? "a" + text.substr(1) : text))
            out.complain(key, fmt::format("entry {}: names an internal host, which is refused all the same unless "
                                          "callback_url.allow_internal = true",
                                          i));
    }
}

void check_artifacts(artifact_settings const& item, findings& out) {
    if (!out.sound("artifacts.hosts")) return;
    if (item.hosts.empty()) out.complain("artifacts.hosts", "must name a host: links of every host would be followed");
    for (auto const& host : item.hosts)
        if (!core::is_host_pattern(host))
            out.complain("artifacts.hosts", fmt::format("expected hosts or \"*.example.com\", but found \"{}\"", host));
}

}  // namespace

void validate_sinks(settings& from, findings& out) {
    check_allowed_hosts(from.callback_url, out);
    check_artifacts(from.artifacts, out);
    auto const& sinks = from.sinks;
    std::set<sink_name> names;
    std::set<std::string> paths;
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        auto const row = fmt::format("sinks[{}]", i);
        auto const& item = sinks[i];
        check_sink_name(row + ".name", item.name, names, out);
        check_retries(row, item.retry, out);
        if (!out.sound(row + ".type")) continue;
        switch (item.type) {
            case sink_type::http: validate_http_sink(row, item.http, out); break;
            case sink_type::file: check_sink_path(row + ".path", item.file.path, paths, out); break;
            case sink_type::kafka: validate_kafka_sink(row, item.kafka, item.timeout, out); break;
            case sink_type::nats: validate_nats_sink(row, item.nats, out); break;
            case sink_type::redis: validate_redis_sink(row, item.redis, out); break;
        }
    }
}

}  // namespace voicehook::config
