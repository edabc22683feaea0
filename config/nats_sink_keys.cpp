#include "config/nats_sink_keys.hpp"

#include "config/keys_of_types.hpp"

namespace voicehook::config {

void describe_nats(key_visitor& keys, nats_settings& it, std::string_view elsewhere) {
    auto const named = keys_of_type(elsewhere);
    keys.texts(named("servers", "nats, required: servers of one system, nats:// or tls://; the port may be left out."),
               it.servers);
    keys.text(named("subject",
                    "nats, required: what is published to; a JetStream stream must take it. {status} and {caller}\n"
                    "stand for those of the task."),
              it.subject);
    keys.text(named("credentials_file", "nats: a user's JWT and seed; SIGHUP reads it again.", "\"voicehook.creds\""),
              it.credentials_file);
    keys.text(named("username", "nats: where the servers know users by password.", "\"voicehook\""), it.username);
    keys.hidden_text(named("password", "nats: of that user.", "\"…\""), it.password);
    keys.hidden_text(named("token", "nats: where the servers know one token.", "\"…\""), it.token);
    keys.text(named("client_certificate", "nats: PEM file shown to the servers (mutual TLS); SIGHUP reads it again.",
                    "\"client.crt\""),
              it.client_certificate);
    keys.text(named("client_key", "nats: PEM file: the private key of client_certificate.", "\"client.key\""),
              it.client_key);
    keys.text(named("ca_file", "nats: PEM file of authorities to trust besides the system's.", "\"ca.crt\""),
              it.ca_file);
}

}  // namespace voicehook::config
