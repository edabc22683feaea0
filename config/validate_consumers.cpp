#include "config/rules.hpp"
#include "config/validate.hpp"
#include "core/address.hpp"
#include "core/delivery.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace voicehook::config {
namespace {

constexpr std::string_view webhook_secret_form = "expected \"whsec_\" and the base64 of 24 to 64 bytes";

void check_webhook_secret(std::string const& key, secret const& value, findings& out) {
    auto const sound = out.sound(key) && out.sound(key + "_file");
    if (sound && !value.empty() && !is_webhook_secret(value.reveal())) out.complain(key, webhook_secret_form);
}

void check_caller_keys(std::string const& row, caller_settings const& item, std::map<std::string, std::string>& owners,
                       findings& out) {
    auto const key = row + ".key_sha256";
    if (!out.sound(key)) return;
    if (item.key_sha256.empty())
        return out.complain(key, "required: at least one hash; make a key with: voicehook keygen --caller NAME");
    for (std::size_t i = 0; i < item.key_sha256.size(); ++i) {
        auto const& hash = item.key_sha256[i];
        if (!is_sha256_hex(hash)) {
            out.complain(key, fmt::format("entry {}: expected 64 lower-case hex digits: the SHA-256 of an API key", i));
            continue;
        }
        auto const [owner, is_new] = owners.emplace(hash, row);
        if (!is_new) out.complain(key, fmt::format("entry {}: this key already belongs to {}", i, owner->second));
    }
}

void check_callers(std::vector<caller_settings> const& callers, findings& out) {
    std::set<caller_name> names;
    std::map<std::string, std::string> owners;
    for (std::size_t i = 0; i < callers.size(); ++i) {
        auto const row = fmt::format("callers[{}]", i);
        auto const& item = callers[i];
        if (out.sound(row + ".name")) {
            if (item.name.value().empty())
                out.complain(row + ".name", "required: 1 to 64 letters, digits, '_', '.' or '-'");
            else if (!names.insert(item.name).second)
                out.complain(row + ".name", "must be unique among callers");
        }
        check_caller_keys(row, item, owners, out);
        check_webhook_secret(row + ".webhook_secret", item.webhook_secret, out);
    }
}

void check_sink_name(std::string const& key, sink_name const& name, std::set<sink_name>& names, findings& out) {
    if (!out.sound(key)) return;
    if (name.value().empty())
        out.complain(key, "required: 1 to 64 letters, digits, '_', '.' or '-'");
    else if (name.value() == core::callback_url_sink)
        out.complain(key, "\"callback_url\" is reserved for callers' own URLs: choose another name");
    else if (!names.insert(name).second)
        out.complain(key, "must be unique among sinks");
}

void check_sink_url(std::string const& key, std::string const& url, findings& out) {
    if (!out.sound(key)) return;
    if (url.empty()) return out.complain(key, "required for type \"http\": where to send results");
    core::url_parts parts;
    switch (core::split_url(url, parts)) {
        case core::url_error::none: return;
        case core::url_error::user_info: return out.complain(key, "must not hold a user name or password");
        case core::url_error::fragment: return out.complain(key, "must not have a fragment (#…)");
        case core::url_error::syntax:
            return out.complain(key, "expected an absolute URL, such as \"https://consumer.internal/hooks\"");
    }
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

void check_sinks(std::vector<sink_settings> const& sinks, findings& out) {
    std::set<sink_name> names;
    std::set<std::string> paths;
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        auto const row = fmt::format("sinks[{}]", i);
        auto const& item = sinks[i];
        check_sink_name(row + ".name", item.name, names, out);
        if (!out.sound(row + ".type")) continue;
        if (item.type == sink_type::file) {
            check_sink_path(row + ".path", item.path, paths, out);
            continue;
        }
        check_sink_url(row + ".url", item.url, out);
        check_webhook_secret(row + ".secret", item.webhook_secret, out);
    }
}

}  // namespace

void validate_consumers(settings& item, findings& out) {
    check_callers(item.callers, out);
    check_sinks(item.sinks, out);
}

}  // namespace voicehook::config
