// From the configuration's words to the parts' settings.
#pragma once

#include "api/backups.hpp"
#include "api/callers.hpp"
#include "api/operators.hpp"
#include "base/failure.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "flows/company.hpp"
#include "http/listener.hpp"
#include "store/postgres/create.hpp"
#include "wire/callback_token.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::app {

[[nodiscard]] std::vector<api::caller_account> caller_accounts(config::settings const& from);
[[nodiscard]] std::vector<api::operator_account> operator_accounts(config::settings const& from);
[[nodiscard]] std::shared_ptr<wire::callback_tokens const> callback_tokens(config::settings const& from);
/// The bytes of a "whsec_…" secret; empty for nothing.
[[nodiscard]] secret key_bytes(secret const& written);

/// "host:pid": what this process is called among the replicas.
[[nodiscard]] std::string replica_name();
/// How it tells them that it lives: every second where others may share the store.
[[nodiscard]] flows::company_settings company_settings(config::settings const& from, ports::replica_note self,
                                                       std::optional<duration> lost_replay_after);

/// `max_connections` is what the limit on descriptors leaves of `server.max_connections`.
[[nodiscard]] http::listener_settings public_listener(config::settings const& from, std::size_t max_connections);
[[nodiscard]] http::listener_settings api_listener(config::settings const& from, std::size_t max_connections);
[[nodiscard]] http::listener_settings ops_listener(config::settings const& from, std::size_t max_connections);

/// The database that replicas share, where the store's URL names one.
[[nodiscard]] store::postgres::postgres_settings postgres_settings(config::store_settings const& from);

/// Where backups go, and how many stay there.
[[nodiscard]] api::backup_settings backup_settings(config::settings const& from);

}  // namespace voicehook::app
