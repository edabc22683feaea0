// Files that the configuration names for the way out: authorities, a certificate with its key, credentials.
#pragma once

#include "async/tls_context.hpp"
#include "base/failure.hpp"
#include "base/time.hpp"
#include "config/settings.hpp"
#include "wire/nats_credentials.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::app {

/// Trusts the system and `ca_file`, unless that is empty. The failure names `key`, the setting, and the file.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> read_trust(async::trust_stores& known,
                                                                            std::string const& ca_file,
                                                                            std::string_view key);

/// What a sink trusts and what it shows of itself.
struct sink_tls {
    std::shared_ptr<boost::asio::ssl::context> context{};  ///< null: it speaks no TLS
    std::optional<instant> certificate_ends{};             ///< nothing: it shows none
};

/// The failure names key and file.
[[nodiscard]] result<sink_tls> read_sink_tls(async::trust_stores& known, config::sink_settings const& from);

/// A NATS user's JWT and seed; nothing where no file is named. The failure names key and file.
[[nodiscard]] result<std::optional<wire::nats_credentials>> read_sink_credentials(config::sink_settings const& from);

}  // namespace voicehook::app
