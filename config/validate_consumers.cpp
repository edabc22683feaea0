#include "config/rules.hpp"
#include "config/validate.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace voicehook::config {
namespace {

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

}  // namespace

void validate_consumers(settings& item, findings& out) { check_callers(item.callers, out); }

}  // namespace voicehook::config
