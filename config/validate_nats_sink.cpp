#include "config/broker_url.hpp"
#include "config/rules.hpp"
#include "config/validate.hpp"

#include <fmt/format.h>

namespace voicehook::config {
namespace {

constexpr std::size_t longest_subject = 256;

/// Tokens between dots, none empty, without spaces, control characters and wildcards.
bool is_subject(std::string_view text) {
    auto last = '.';
    for (auto const letter : text) {
        if (letter == '.' && last == '.') return false;
        if (letter <= ' ' || letter > '~' || letter == '*' || letter == '>') return false;
        last = letter;
    }
    return last != '.';
}

/// The subject with `x` for each placeholder; nothing when a brace is left.
std::string without_placeholders(std::string subject) {
    for (auto const placeholder : {std::string_view{"{status}"}, std::string_view{"{caller}"}})
        for (auto at = subject.find(placeholder); at != std::string::npos; at = subject.find(placeholder))
            subject.replace(at, placeholder.size(), "x");
    return subject.find_first_of("{}") == std::string::npos ? subject : std::string{};
}

void check_subject(std::string const& key, std::string const& subject, findings& out) {
    if (!out.sound(key)) return;
    if (subject.empty()) return out.complain(key, "required: the subject that results are published to");
    auto const plain = without_placeholders(subject);
    if (plain.empty())
        out.complain(key, "knows the placeholders {status} and {caller} only");
    else if (!is_subject(plain) || plain.size() > longest_subject)
        out.complain(key, "expected words between dots, such as \"results.{status}\", without spaces, '*' and '>'");
    else if (plain.starts_with('$'))
        out.complain(key, "must not begin with '$': such subjects are the servers' own");
}

void check_nats_servers(std::string const& row, nats_settings const& item, findings& out) {
    auto const key = row + ".servers";
    if (!out.sound(key)) return;
    if (item.servers.empty()) return out.complain(key, "required: at least one, such as [\"nats://host:4222\"]");
    auto encrypted = std::size_t{};
    for (std::size_t i = 0; i < item.servers.size(); ++i) {
        auto const where = read_nats_url(item.servers[i]);
        if (!where)
            out.complain(key, fmt::format("entry {}: {}", i, where.error()));
        else if (where->scheme == "tls")
            ++encrypted;
    }
    if (!out.sound(key)) return;
    if (encrypted != 0 && encrypted != item.servers.size())
        out.complain(key, "either all with tls:// or none: a result must not go out in clear when one server is gone");
    check_client_tls(row, item.ca_file, item.client_certificate, item.client_key,
                     encrypted != 0 ? "" : "servers must begin with tls://", out);
}

void check_nats_login(std::string const& row, nats_settings const& item, findings& out) {
    auto const by_password = !item.username.empty() || !item.password.empty();
    auto const ways = static_cast<int>(!item.credentials_file.empty()) + static_cast<int>(by_password) +
                      static_cast<int>(!item.token.empty());
    if (ways > 1 && out.sound(row))
        out.complain(row, "choose one way to log in: credentials_file, username and password, or token");
    if (item.username.empty() != item.password.empty() && out.sound(row + ".username"))
        out.complain(row + ".username", "username and password belong together: set both or none");
}

}  // namespace

void validate_nats_sink(std::string const& row, nats_settings const& item, findings& out) {
    check_nats_servers(row, item, out);
    check_subject(row + ".subject", item.subject, out);
    check_nats_login(row, item, out);
}

}  // namespace voicehook::config
