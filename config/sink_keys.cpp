#include "config/sink_keys.hpp"

#include "config/http_sink_keys.hpp"
#include "config/kafka_sink_keys.hpp"
#include "config/keys_of_types.hpp"
#include "config/nats_sink_keys.hpp"
#include "config/redis_sink_keys.hpp"

namespace voicehook::config {
namespace {

constexpr auto live = on_reload::applied;
constexpr std::size_t kibibyte = 1024;
constexpr std::size_t gibibyte = 1024 * 1024 * kibibyte;

void describe_file(key_visitor& keys, file_settings& it, std::string_view elsewhere) {
    keys.text({"path", "file, required: \"-\" is standard output.", {}, live, elsewhere}, it.path);
    keys.size({"rotate_at", "file: from this size on it is moved away and a new one begun.", {}, live, elsewhere},
              it.rotate_at, {kibibyte, 1024 * gibibyte});
}

void describe_retry(key_visitor& keys, retry_settings& it) {
    keys.span(
        {"first", "the ceiling of the first wait; each later one doubles, and any part of it is waited.", {}, live},
        it.first, {100ms, 1h});
    keys.span({"longest", "the highest ceiling, also for a Retry-After.", {}, live}, it.longest, {1s, 24h});
    keys.span({"give_up_after", "when a delivery has waited so long, a paused sink aside, it is parked.", {}, live},
              it.give_up_after, {1s, 30 * 24h});
    keys.choices_or_none(
        {"park_at_once", "causes that are not tried again, such as status_3xx, status_4xx or tls.", {}, live},
        it.park_at_once);
}

}  // namespace

void describe_callback_url(key_visitor& keys, callback_url_settings& it) {
    keys.flag(
        {"allow_internal", "true lets a caller's callback_url name an internal host: for local runs only.", {}, live},
        it.allow_internal);
    keys.text({"ca_file", "PEM file of authorities to trust besides the system's.", "\"ca.crt\"", live}, it.ca_file);
    keys.span({"timeout", "How long one attempt may take.", {}, live}, it.timeout, {100ms, 10min});
    keys.count({"max_in_flight", "Deliveries at once, over all callers; divided among replicas.", {}, live},
               it.max_in_flight, {1, 10'000});
    keys.count({"max_per_host", "Deliveries at once to one host of theirs, at each replica.", {}, live},
               it.max_per_host, {1, 10'000});
    keys.texts({"allowed_hosts",
                "Only these hosts may be named, and \"*.example.com\" for every host below one; without it every host\n"
                "that is not internal.",
                "[\"hooks.example.com\", \"*.partner.example\"]", live},
               it.allowed_hosts);
}

void describe_artifacts(key_visitor& keys, artifact_settings& it) {
    keys.text({"folder",
               "Where files go, one a task: <folder>/<day of its end>/<task>.<wav|mp3|…>. It is made if it is missing. "
               "Nobody\n"
               "deletes them. 256 MiB of its disk are left free. Several replicas need the same one.",
               "\"/var/lib/voicehook/artifacts\"", live},
              it.folder);
    keys.texts({"hosts",
                "Whose links are followed, over https only: hosts, and \"*.example.com\" for all below one.",
                {},
                live},
               it.hosts);
    keys.size({"max_size", "Larger files are not kept: their deliveries are parked as too_large.", {}, live},
              it.max_size, {kibibyte, gibibyte});
    keys.span({"timeout", "How long one download may take.", {}, live}, it.timeout, {1s, 1h});
    keys.count({"max_in_flight", "Downloads at once; divided among replicas.", {}, live}, it.max_in_flight, {1, 1000});
    keys.flag({"allow_internal", "true lets links lead to an internal address: for local runs only.", {}, live},
              it.allow_internal);
    keys.text({"ca_file", "PEM file of authorities to trust besides the system's.", "\"ca.crt\"", live}, it.ca_file);
}

void describe_sink(key_visitor& keys, sink_settings& it) {
    keys.name({"name",
               "Keep it: waiting deliveries of a name that is gone are parked. \"callback_url\" and \"artifacts\" are "
               "reserved.",
               {},
               live},
              it.name);
    keys.choice({"type",
                 "http: POST, Standard Webhooks. file: one line per delivery. kafka: a message of a topic.\n"
                 "redis: an entry of a stream. nats: a message of JetStream.",
                 {},
                 live},
                it.type);

    // From here on the type is known, also while reading.
    auto const type = [](sink_type kind, auto describe_part, auto& part) {
        return type_of_row{to_text(kind), [describe_part, &part](key_visitor& inside, std::string_view elsewhere) {
                               describe_part(inside, part, elsewhere);
                           }};
    };
    describe_types(keys, "sinks", to_text(it.type),
                   {type(sink_type::http, describe_http, it.http), type(sink_type::file, describe_file, it.file),
                    type(sink_type::kafka, describe_kafka, it.kafka), type(sink_type::redis, describe_redis, it.redis),
                    type(sink_type::nats, describe_nats, it.nats)});

    keys.choices({"statuses", "Which ends are delivered: completed, failed, cancelled.", {}, live}, it.statuses);
    keys.texts({"callers", "Only results of these callers; without it: of all.", "[\"tts-web\"]", live}, it.callers);
    keys.texts({"models", "Only results of these models; without it: of all.", "[\"qwen-voice-design\"]", live},
               it.models);
    keys.choice(
        {"format",
         "envelope: type, timestamp and the task. verbatim: the provider's bytes. cloudevents: 1.0, structured.\n"
         "cloudevents_binary: 1.0, the attributes as headers and the task as the body.",
         {},
         live},
        it.format);
    keys.span({"timeout",
               "How long one attempt may take.",
               {},
               live,
               it.type == sink_type::file ? "sinks that are reached over a network" : ""},
              it.timeout, {100ms, 10min});
    keys.count({"max_in_flight", "Deliveries at once; divided among replicas.", {}, live}, it.max_in_flight,
               {1, 10'000});
    keys.count({"deliveries_per_second", "Attempts begun per second; divided among replicas; 0: no limit.", {}, live},
               it.deliveries_per_second, {0u, 1'000'000u});
    keys.table({.name = "retry", .help = "How failed deliveries are tried again.", .reload = live},
               [&](key_visitor& inside) { describe_retry(inside, it.retry); });
}

}  // namespace voicehook::config
