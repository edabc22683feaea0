#include "config/keys.hpp"
#include "config/sink_keys.hpp"

namespace voicehook::config {
namespace {

constexpr auto live = on_reload::applied;
constexpr std::size_t kibibyte = 1024;
constexpr std::size_t mebibyte = 1024 * kibibyte;

void describe_tls(key_visitor& keys, tls_settings& tls, std::string_view client_ca_belongs_to) {
    keys.text({"certificate", "PEM file: the certificate and the chain above it. Without it: plain HTTP.",
               "\"tls.crt\"", live},
              tls.certificate);
    keys.text({"key", "PEM file: the certificate's private key.", "\"tls.key\"", live}, tls.key);
    keys.text({.name = "client_ca",
               .help = "PEM file: only clients with a certificate of this authority may connect (mutual TLS).",
               .example = "\"ca.crt\"",
               .reload = live,
               .belongs_to = client_ca_belongs_to},
              tls.client_ca);
}

void tls_table(key_visitor& keys, tls_settings& tls, std::string_view client_ca_belongs_to = {}) {
    keys.table({.name = "tls", .help = "Certificate files. SIGHUP reads them again."},
               [&](key_visitor& inside) { describe_tls(inside, tls, client_ca_belongs_to); });
}

void describe_server(key_visitor& keys, server_settings& it) {
    keys.span({"lame_duck",
               "After SIGTERM: how long everything is still served while /readyz says 503, so that load\n"
               "balancers look elsewhere first. In its second half answers end their connections."},
              it.lame_duck, {0s, 10min});
    keys.span({"drain",
               "After that: how long what has begun may take to finish. Give the supervisor (systemd, Kubernetes)\n"
               "more than lame_duck + drain before it kills."},
              it.drain, {0s, 1h});
    keys.choice({.name = "log_level",
                 .help = "The least important log lines to write: debug, info, warning or error.",
                 .reload = live},
                it.level);
    keys.count({"max_connections", "Open connections of each listener; one more closes the longest idle one."},
               it.max_connections, {1, 1'000'000});
    keys.count({"max_connections_per_address",
                "Open connections from one address (IPv6: one /64); trusted proxies are exempt. With\n"
                "public.proxy_protocol those of one client behind them count."},
               it.max_connections_per_address, {1, 1'000'000});
}

void describe_public(key_visitor& keys, public_settings& it) {
    keys.text({"listen", "Address and port; IPv6 as \"[::]:8443\"."}, it.listen);
    keys.text({"base_url",
               "Required. What the provider is told to call: https, reachable from the internet, at most 1916 bytes.\n"
               "A path is fine when the load balancer removes it.",
               "\"https://hooks.example.com\""},
              it.base_url);
    tls_table(keys, it.tls, "[api] and [ops]: the provider shows no client certificate");
    keys.texts({"trusted_proxies", "Networks of load balancers whose X-Forwarded-For, or PROXY header, counts.",
                "[\"10.0.0.0/8\"]"},
               it.trusted_proxies);
    keys.choice(
        {"proxy_protocol",
         "Whether load balancers say first whose a connection is (PROXY protocol, version 1 or 2, before TLS).\n"
         "off: nobody does. required: every connection from trusted_proxies must; others are served as they come."},
        it.proxy_protocol);
    keys.flag({"allow_internal_base_url", "true lets base_url name an internal host: for local runs only."},
              it.allow_internal_base_url);
}

void describe_api(key_visitor& keys, api_settings& it) {
    keys.text({"listen", "Address and port."}, it.listen);
    tls_table(keys, it.tls);
    keys.texts({"trusted_proxies", "Networks of load balancers whose X-Forwarded-For counts.", "[\"10.0.0.0/8\"]"},
               it.trusted_proxies);
}

void describe_operator(key_visitor& keys, operator_token& it) {
    keys.name(
        {"name", "Who this is, for the timeline and the log."}, [&it](std::string text) { it.name = std::move(text); },
        [&it] { return it.name; });
    keys.text({"sha256", "Lower-case hex SHA-256 of this person's token."}, it.sha256);
}

void describe_ops(key_visitor& keys, ops_settings& it) {
    keys.text({"listen", "Address and port. Metrics are served without a token: keep this one inside."}, it.listen);
    tls_table(keys, it.tls);
    keys.hidden_text(
        {"token", "At least 16 visible characters; its holder is called \"operator\". Required, or else tokens.",
         "\"at-least-16-characters\""},
        it.token);
    keys.array({"tokens", "More people, each with a token known only by its hash.",
                "[{ name = \"ann\", sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\" }]"},
               it.tokens, describe_operator);
}

void describe_provider(key_visitor& keys, provider_settings& it) {
    keys.text({"base_url", "Where the provider is: https (http only on this machine)."}, it.base_url);
    keys.hidden_text({"api_key", "Required. The key of the provider's account.", "\"sk-evo-…\"", live}, it.api_key);
    keys.text({"ca_file", "PEM file of authorities to trust besides the system's: for the simulator.", "\"ca.crt\""},
              it.ca_file);
    keys.span({"submit_timeout", "How long one submission may take; after that its outcome is unknown."},
              it.submit_timeout, {100ms, 10min});
    keys.span({"query_timeout", "How long one query may take."}, it.query_timeout, {100ms, 10min});
    keys.count({"max_in_flight",
                "Submissions to the provider at once; queries have 16 places of their own. Replicas divide both among\n"
                "themselves, rounded up."},
               it.max_in_flight, {1, 10'000});
    keys.span(
        {"credits_every",
         "Between two questions what the account has left, over all replicas; \"0s\": nobody asks. Only a number and\n"
         "its alert depend on it."},
        it.credits_every, {0s, 24h});
}

void describe_callback_secret(key_visitor& keys, callback_secret_settings& it) {
    keys.name(
        {"id", "1 to 32 letters, digits, '_' or '-'; stands in the callback URLs.", {}, live},
        [&it](std::string text) { it.id = std::move(text); }, [&it] { return it.id; });
    keys.hidden_text({"key", "Its bytes sign: at least 32 of them. Make one with: openssl rand -base64 48", {}, live},
                     it.key);
}

void describe_callbacks(key_visitor& keys, callback_settings& it) {
    keys.array({.name = "secrets",
                .help = "Required. The first signs callback URLs, all of them verify. To rotate: put a new one first "
                        "and keep the\n"
                        "old one for at least polling.give_up_after.",
                .reload = live},
               it.secrets, describe_callback_secret);
    keys.size({"max_body", "The largest callback that is read."}, it.max_body, {kibibyte, 16 * mebibyte});
    keys.choice({"confirm",
                 "conflict: a callback ends a task; a query only settles contradictions.\n"
                 "always: a callback is evidence; only a query ends a task."},
                it.confirm);
}

void describe_submission(key_visitor& keys, submission_settings& it) {
    keys.span({"wait", "How long POST waits for the provider's verdict before it answers 202; at most 60s."}, it.wait,
              {0s, 60s});
    keys.span({"deadline", "How long a submission is tried before the task fails."}, it.deadline, {1s, 7 * 24h});
    keys.choice(
        {"replay",
         "What to do when it is unknown whether the provider has the task.\n"
         "same_key: send the same bytes with the same Idempotency-Key. never: wait for a callback or an operator."},
        it.replay);
    keys.span({"replay_after",
               "How long a callback gets the chance to tell first; less than deadline.\n"
               "Where it is not set: 60s, or half of a deadline under two minutes."},
              it.replay_after, {0s, 24h});
}

void describe_polling(key_visitor& keys, polling_settings& it) {
    keys.span_or_auto({"first_after",
                       "When the provider is asked about a task whose callback has not come.\n"
                       "auto: by its estimated_time and by what was learned; or a duration."},
                      it.first_after, {0s, 24h});
    keys.span({"interval", "Between the queries of one task."}, it.interval, {100ms, 1h});
    keys.span({"give_up_after", "From then on queries are hourly and the task is shown as overdue; it stays open."},
              it.give_up_after, {1s, 365 * 24h});
}

void describe_canary(key_visitor& keys, canary_settings& it) {
    keys.span(
        {"every", "Between two synthetic callbacks of one process, such as \"30s\", at least 100ms; \"0s\": none."},
        it.every, {0s, 1h});
    keys.span({"timeout", "How long one may take; the provider gives its callbacks 10s."}, it.timeout, {100ms, 1min});
    keys.text({"ca_file", "PEM file of authorities to trust besides the system's.", "\"ca.crt\""}, it.ca_file);
}

void describe_store(key_visitor& keys, store_settings& it) {
    keys.store_url(
        {"url",
         "sqlite:///var/x.db is the file /var/x.db, sqlite://x.db is x.db in the working directory; its folder\n"
         "must exist and be on a local disk. For several replicas: postgresql://user@host:5432/database with\n"
         "libpq's parameters, such as ?sslmode=verify-full&sslrootcert=ca.crt."},
        it.url);
    keys.hidden_text({"password", "PostgreSQL: the user's password, if it needs one.", "\"…\""}, it.password);
    keys.flag(
        {"allow_unsafe_commits",
         "PostgreSQL: true accepts a server that may lose what it has committed (fsync or synchronous_commit off)."},
        it.allow_unsafe_commits);
    keys.span({"retention", "How long a task is kept after its end."}, it.retention, {1s, 3650 * 24h});
    keys.text(
        {"backups",
         "SQLite: the folder of the backups that operators ask for, of no other store. It is made if it is missing;\n"
         "without this key: backups, beside the database. Better on another disk.",
         "\"/var/backups/voicehook\""},
        it.backups);
    keys.count<std::size_t>({"keep_backups", "SQLite: so many of the newest stay in it, after each backup; 0: all."},
                            it.keep_backups, {0, 1'000'000});
}

void describe_caller(key_visitor& keys, caller_settings& it) {
    keys.name({"name", "Shown in deliveries, logs and the timeline.", {}, live}, it.name);
    keys.texts({"key_sha256",
                "Lower-case hex SHA-256 of the API key's bytes (voicehook keygen); several for rotation.",
                {},
                live},
               it.key_sha256);
    keys.hidden_text(
        {"webhook_secret",
         "Signs deliveries to this caller's own callback_url (Standard Webhooks); without it they are not signed.",
         "\"whsec_…\"", live},
        it.webhook_secret);
    keys.count<std::uint64_t>({"max_in_flight", "Tasks that have not ended; more are answered 429.", {}, live},
                              it.max_in_flight, {1, 1'000'000'000});
    keys.count({"requests_per_second", "More, at one replica, are answered 429.", {}, live}, it.requests_per_second,
               {1u, 1'000'000u});
}

}  // namespace

void describe(key_visitor& keys, settings& into) {
    auto const section = [&keys](std::string_view name, std::string_view help, auto& part, auto describe_part) {
        keys.table({.name = name, .help = help}, [&](key_visitor& inside) { describe_part(inside, part); });
    };
    section("server", "The process as a whole.", into.server, describe_server);
    section("public", "The listener for the provider: callbacks and health, nothing else.", into.public_listener,
            describe_public);
    section("api", "The listener for callers: /v1/…", into.api, describe_api);
    section("ops", "The listener for operators: metrics, health, the page and its data.", into.ops, describe_ops);
    section("provider", "The provider's API.", into.provider, describe_provider);
    section("callbacks", "What the provider calls back.", into.callbacks, describe_callbacks);
    section("submission", "How tasks reach the provider.", into.submission, describe_submission);
    section("polling", "How tasks are asked about whose callback does not come.", into.polling, describe_polling);
    section("canary",
            "Synthetic callbacks through public.base_url: DNS, load balancer, TLS and the store are tried before the "
            "provider needs\nthem. While two in a row did not come back, tasks are asked about sooner.",
            into.canary, describe_canary);
    section("store", "Where tasks are kept.", into.store, describe_store);
    section("callback_url", "Deliveries to the callback_url that a caller may give with a task.", into.callback_url,
            describe_callback_url);
    section(
        "artifacts",
        "Keep the audio that completed results link to: the provider's links live for 24 h. Off without a folder. Each "
        "download\nis a delivery to a sink named artifacts: retried, parked and shown like any other.",
        into.artifacts, describe_artifacts);
    keys.array({.name = "callers",
                .help = "Who may use the API. Make a key and its entry with: voicehook keygen --caller NAME",
                .reload = live},
               into.callers, describe_caller);
    keys.array({.name = "sinks",
                .help = "Where results go. Every ended task is delivered to each sink that asks for it, at least once.",
                .reload = live},
               into.sinks, describe_sink);
}

}  // namespace voicehook::config
