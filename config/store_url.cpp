#include "config/store_url.hpp"

#include <algorithm>
#include <array>

namespace voicehook::config {
namespace {

constexpr std::string_view hidden = "***";

bool is_postgres(std::string_view url) { return url.starts_with("postgresql://") || url.starts_with("postgres://"); }

/// A name that is written with '%' may be any.
bool names_a_secret(std::string_view parameter) {
    constexpr auto secrets = std::to_array<std::string_view>({"password", "sslpassword"});
    return parameter.find('%') != std::string_view::npos || std::ranges::find(secrets, parameter) != secrets.end();
}

/// `host`, `host:port` or `[address]:port`.
bool is_host(std::string_view text) {
    if (text.starts_with('[')) text.remove_prefix(std::min(text.find(']'), text.size()));
    auto const colon = text.find(':');
    if (colon == std::string_view::npos) return true;
    return text.substr(colon + 1).find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether what stands before the database names hosts and nothing else. Somebody may have forgotten the host.
bool are_hosts(std::string_view list) {
    for (auto comma = list.find(','); comma != std::string_view::npos; comma = list.find(',')) {
        if (!is_host(list.substr(0, comma))) return false;
        list.remove_prefix(comma + 1);
    }
    return is_host(list);
}

/// From the user name's colon to the last '@', for a password that was not written with '%40' may have others in it.
std::string without_password_before_host(std::string_view url) {
    auto const begin = url.find("//") + 2;
    auto const end = url.rfind('@');
    auto const colon = url.find(':', begin);
    auto const hosts_end = std::min(url.find_first_of("/?", begin), url.size());
    if (end == std::string_view::npos && !are_hosts(url.substr(begin, hosts_end - begin)))
        return std::string{url.substr(0, colon + 1)}.append(hidden);
    if (end == std::string_view::npos || colon == std::string_view::npos || colon > end) return std::string{url};
    return std::string{url.substr(0, colon + 1)}.append(hidden).append(url.substr(end));
}

std::string without_secret_parameters(std::string_view query) {
    auto shown = std::string{};
    while (!query.empty()) {
        auto const end = std::min(query.find('&'), query.size());
        auto const parameter = query.substr(0, end);
        auto const name = parameter.substr(0, parameter.find('='));
        if (names_a_secret(name) && name.size() < parameter.size())
            shown.append(name).append("=").append(hidden);
        else
            shown.append(parameter);
        query.remove_prefix(end);
        if (query.empty()) break;
        shown += '&';
        query.remove_prefix(1);
    }
    return shown;
}

}  // namespace

std::optional<store_kind> store_kind_of(std::string_view url) {
    if (sqlite_path(url)) return store_kind::sqlite;
    if (is_postgres(url)) return store_kind::postgres;
    return std::nullopt;
}

std::optional<std::string> sqlite_path(std::string_view url) {
    constexpr std::string_view scheme = "sqlite://";
    if (!url.starts_with(scheme)) return std::nullopt;
    auto const path = url.substr(scheme.size());
    // SQLite gives ":memory:" and "file:" a meaning of its own, and nothing in memory is durable.
    auto const is_special = path.starts_with(':') || path.starts_with("file:");
    if (path.empty() || path.ends_with('/') || is_special) return std::nullopt;
    return std::string{path};
}

std::string backup_folder_beside(std::string_view database_path) {
    return std::string{database_path.substr(0, database_path.rfind('/') + 1)} + "backups";
}

bool has_password(std::string_view url) { return without_password(url) != url; }

std::string without_password(std::string_view url) {
    if (!is_postgres(url)) return std::string{url};
    auto const shown = without_password_before_host(url);
    auto const query = shown.find('?');
    if (query == std::string::npos) return shown;
    return shown.substr(0, query + 1) + without_secret_parameters(std::string_view{shown}.substr(query + 1));
}

}  // namespace voicehook::config
