#include "config/redis_sink_keys.hpp"

#include "config/keys_of_types.hpp"

namespace voicehook::config {

void describe_redis(key_visitor& keys, redis_settings& it, std::string_view elsewhere) {
    auto const named = keys_of_type(elsewhere);
    keys.text(named("url",
                    "redis, required: redis://host:6379/0, or rediss:// for TLS. One server, or what stands in front\n"
                    "of several; a cluster is not supported."),
              it.url);
    keys.text(named("stream",
                    "redis, required: the key of the stream. Each result is an entry with the fields id, type,\n"
                    "content_type, traceparent and data; one whose answer was lost is added again with the same id."),
              it.stream);
    keys.count<std::uint64_t>(
        named("max_length", "redis: about so many entries stay, the oldest are dropped; 0: all of them."),
        it.max_length, {0, 1'000'000'000'000});
    keys.text(named("username", "redis: the ACL user; without it the default user.", "\"voicehook\""), it.username);
    keys.hidden_text(named("password", "redis: of that user.", "\"…\""), it.password);
    keys.text(named("client_certificate", "redis: PEM file shown to the server (mutual TLS); SIGHUP reads it again.",
                    "\"client.crt\""),
              it.client_certificate);
    keys.text(named("client_key", "redis: PEM file: the private key of client_certificate.", "\"client.key\""),
              it.client_key);
    keys.text(named("ca_file", "redis: PEM file of authorities to trust besides the system's.", "\"ca.crt\""),
              it.ca_file);
}

}  // namespace voicehook::config
