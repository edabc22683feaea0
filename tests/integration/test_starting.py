"""What must not start, and the other commands: exit codes, and one line that says what to change."""
from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.certificates import Authority
from support.program import run
from support.service import CALLBACK_SECRET, OPS_TOKEN
from support.wait import until
from support.world import SINK_SECRET, MakeWorld, World

REFUSED = 2


def refusal(world: World) -> list[str]:
    """The lines that a refused start prints."""
    code, said = world.service.start_refused()
    assert code == REFUSED, said
    return said.strip().splitlines()


#: A change of the configuration and what its one complaint must say.
BAD_SETTINGS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("unknown key", {"server": {"lame_dukc": "1s"}}, ["server.lame_dukc", "lame_duck", "voicehook.toml:"]),
    ("unknown section", {"servers": {"lame_duck": "1s"}}, ["servers"]),
    ("wrong type", {"server": {"lame_duck": 5}}, ["server.lame_duck"]),
    ("bad duration", {"polling": {"interval": "6 parsecs"}}, ["polling.interval", "6 parsecs"]),
    ("public URL without https", {"public": {"base_url": "http://hooks.example.com"}}, ["public.base_url", "https"]),
    ("public URL that is none", {"public": {"base_url": "hooks.example.com"}}, ["public.base_url"]),
    ("public URL too long", {"public": {"base_url": "https://hooks.example.com/" + "x" * 2000}}, ["public.base_url", "2048"]),
    ("public URL with an internal host", {"public": {"base_url": "https://10.1.2.3", "allow_internal_base_url": False}},
     ["public.base_url", "internal"]),
    ("public URL with localhost", {"public": {"base_url": "https://localhost", "allow_internal_base_url": False}},
     ["public.base_url", "internal"]),
    ("unreadable certificate", {"api": {"tls": {"certificate": "/nowhere/a.crt", "key": "/nowhere/a.key"}}},
     ["api.tls", "/nowhere/a.crt"]),
    ("short callback secret", {"callbacks": {"secrets": [{"id": "k1", "key": "short"}]}}, ["callbacks.secrets", "32"]),
    ("bad webhook secret", {"sinks": [{"name": "a", "type": "http", "url": "http://localhost:1", "secret": "plain"}]},
     ["sinks[0].secret", "whsec_"]),
    ("missing provider key", {"provider": {"api_key": None}}, ["provider.api_key"]),
    ("unknown store", {"store": {"url": "mysql://localhost/db"}}, ["store.url"]),
    ("short operator token", {"ops": {"token": "short"}}, ["ops.token", "16"]),
]


@pytest.mark.parametrize(("changes", "words"), [row[1:] for row in BAD_SETTINGS], ids=[row[0] for row in BAD_SETTINGS])
def test_a_bad_setting_is_refused_with_one_line_that_names_it(make_world: MakeWorld, changes: dict[str, Any],
                                                            words: list[str]) -> None:
    world = make_world(start=False, changes=changes)

    lines = refusal(world)

    assert len(lines) == 1, lines
    assert all(word in lines[0] for word in words), lines[0]


def test_all_complaints_come_at_once_and_hold_no_secret(make_world: MakeWorld) -> None:
    world = make_world(start=False, changes={"server": {"drain": "x"}, "polling": {"interval": "0s"},
                                             "callbacks": {"secrets": [{"id": "k1", "key": "too-short-secret"}]}})

    lines = refusal(world)

    assert len(lines) == 3, lines
    assert "too-short-secret" not in "\n".join(lines)


def test_a_file_that_is_not_there_or_no_toml_is_refused(make_world: MakeWorld) -> None:
    world = make_world(start=False)
    world.service.config.write_text("[server\n")
    broken = refusal(world)
    world.service.config.unlink()
    missing = refusal(world)

    assert "voicehook.toml:1" in broken[0]
    assert "voicehook.toml" in missing[0]


def test_a_repeated_key_is_refused(make_world: MakeWorld) -> None:
    world = make_world(start=False)
    world.service.config.write_text(world.service.config.read_text().replace("[store]\n", "[store]\nretention = \"1d\"\n", 1)
                                    + "\n[store]\nretention = \"2d\"\n")

    assert "store" in refusal(world)[0]


def test_a_key_that_does_not_fit_its_certificate_is_refused(make_world: MakeWorld) -> None:
    world = make_world(start=False)
    other = world.folder / "other.key"
    run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", other], world.folder)
    tls = {**world.service.settings["public"]["tls"], "key": str(other)}
    world.service.write_config({"public": {"tls": tls}})

    lines = refusal(world)

    assert len(lines) == 1 and "public.tls" in lines[0]


def _broken_files(folder: Path, authority: Authority) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """Settings whose files are all wrong, each in another way, and the words that tell of each."""
    ours, other = authority.server("ours"), authority.server("other")
    encrypted, garbage, nowhere = folder / "encrypted.key", folder / "garbage.pem", folder / "nowhere.pem"
    garbage.write_text("nothing of use")
    run(["openssl", "pkcs8", "-topk8", "-in", ours.key, "-passout", "pass:secret", "-out", encrypted], folder)
    pair = {"client_certificate": str(ours.certificate), "client_key": str(ours.key)}
    sinks = [
        {"name": "http", "type": "http", "url": "https://localhost:1", **pair, "client_key": str(nowhere)},
        {"name": "kafka", "type": "kafka", "brokers": ["localhost:1"], "topic": "t", "tls": True, **pair, "client_key": str(other.key)},
        {"name": "redis", "type": "redis", "url": "rediss://localhost:1/0", "stream": "s", **pair, "client_key": str(encrypted)},
        {"name": "nats", "type": "nats", "servers": ["tls://localhost:1"], "subject": "s", "ca_file": str(garbage)},
        {"name": "creds", "type": "nats", "servers": ["nats://localhost:1"], "subject": "s", "credentials_file": str(garbage)}]
    changes = {"sinks": sinks, "provider": {"ca_file": str(nowhere)}, "canary": {"ca_file": str(garbage)},
               "callback_url": {"ca_file": str(nowhere)}, "artifacts": {"folder": str(folder / "kept"), "ca_file": str(nowhere)}}
    return changes, [("sinks.http.client_certificate, client_key", str(nowhere), "No such file"),
                     ("sinks.kafka.client_certificate, client_key", str(other.key), "not the key of the certificate"),
                     ("sinks.redis.client_certificate, client_key", str(encrypted), "remove its passphrase"),
                     ("sinks.nats.ca_file", str(garbage), "no CA certificate in PEM"),
                     ("sinks.creds.credentials_file", str(garbage), "no block USER JWT"),
                     ("callback_url.ca_file", str(nowhere), "No such file"),
                     ("artifacts.ca_file", str(nowhere), "No such file"),
                     ("provider.ca_file", str(nowhere), "No such file"),
                     ("canary.ca_file", str(garbage), "no CA certificate in PEM")]


def test_check_reads_every_file_without_connecting_and_says_of_each_what_is_wrong(make_world: MakeWorld, authority: Authority,
                                                                                 tmp_path: Path) -> None:
    changes, expected = _broken_files(tmp_path, authority)
    world = make_world(start=False, changes=changes)

    done = run(world.service.command("check"), world.folder)

    lines = done.stderr.strip().splitlines()
    assert done.returncode == REFUSED and done.stdout == ""
    assert len(lines) == len(expected), done.stderr
    for line, words in zip(lines, expected):
        assert all(word in line for word in words), (line, words)
    assert not (tmp_path / "kept").exists(), "checking makes nothing"


@pytest.mark.parametrize("which", range(5))
def test_a_sink_whose_files_cannot_be_used_is_refused_at_the_start_and_by_a_reload(make_world: MakeWorld, authority: Authority,
                                                                                  tmp_path: Path, which: int) -> None:
    changes, expected = _broken_files(tmp_path, authority)
    world = make_world()
    world.service.write_config({"sinks": [changes["sinks"][which]]})

    world.service.reload()

    refused = until(lambda: world.service.program.logged("reload_refused"), "refused")
    assert all(word in refused[0]["reason"] for word in expected[which]), refused
    world.service.kill()
    assert any(all(word in line for word in expected[which]) for line in refusal(world))


def test_a_port_in_use_is_refused(make_world: MakeWorld) -> None:
    world = make_world(start=False)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", world.service.api_port))
        holder.listen()

        lines = refusal(world)

    assert sum("api.listen" in line and str(world.service.api_port) in line for line in lines) == 1, lines


def test_a_store_that_another_process_holds_is_refused(make_world: MakeWorld) -> None:
    world = make_world()
    second = world.folder / "second.toml"
    text = world.service.config.read_text()
    for port in (world.service.public_port, world.service.api_port, world.service.ops_port):
        text = text.replace(f'listen = "127.0.0.1:{port}"', 'listen = "127.0.0.1:0"')
    second.write_text(text)

    done = run([world.service.command("serve")[0], "serve", "--config", second], world.folder)

    assert done.returncode == REFUSED
    assert sum("store.url" in line for line in done.stderr.splitlines()) == 1, done.stderr
    world.delivered_once(world.submit())


def test_a_database_of_a_newer_version_is_refused_and_left_alone(make_world: MakeWorld) -> None:
    world = make_world()
    task = world.submit()
    world.delivered_once(task)
    assert world.service.terminate() == 0
    kept = raise_version(world.service.store)

    lines = refusal(world)

    assert sum("store.url" in line and "newer" in line for line in lines) == 1, lines
    shutil.copy(kept, world.service.store)
    world.service.start()
    assert world.task(task)["status"] == "completed"


def raise_version(store: Path) -> Path:
    """Makes the database look as if a newer program had written it; returns a copy from before."""
    kept = store.with_suffix(".kept")
    with closing(sqlite3.connect(store, isolation_level=None)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(store, kept)
        assert database.execute("PRAGMA user_version").fetchone()[0] > 0, "where does the schema keep its version?"
        database.execute("PRAGMA user_version = 999")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return kept


def test_a_folder_that_cannot_hold_the_store_is_refused(make_world: MakeWorld) -> None:
    world = make_world(start=False, changes={"store": {"url": "sqlite:///nowhere/at/all/voicehook.db"}})

    lines = refusal(world)

    assert sum("store.url" in line for line in lines) == 1, lines


# ---- environment and secrets by file ----


def test_the_environment_overrides_and_secrets_come_from_files(make_world: MakeWorld, tmp_path: Path) -> None:
    key_file = tmp_path / "provider.key"
    key_file.write_text("sk-evo-test-0123456789abcdef0123456789abcdef\n")
    secret_file = tmp_path / "callback.key"
    secret_file.write_text(CALLBACK_SECRET + "\n")
    world = make_world(
        changes={"provider": {"api_key": None}, "callbacks": {"secrets": [{"id": "k1", "key_file": str(secret_file)}]}},
        environment={"VOICEHOOK__PROVIDER__API_KEY_FILE": str(key_file), "VOICEHOOK__SUBMISSION__WAIT": "1s"})
    world.provider.faults(submit_delay_ms=1500, work_ms=1600)

    answer = world.post()

    assert answer.status == 202
    world.delivered_once(answer.json()["id"])


def test_an_unknown_variable_is_refused(make_world: MakeWorld) -> None:
    world = make_world(start=False, environment={"VOICEHOOK__SERVER__LAME_DUKC": "1s"})

    assert "VOICEHOOK__SERVER__LAME_DUKC" in refusal(world)[0]


# ---- commands ----


def test_check_prints_the_effective_configuration_without_secrets(make_world: MakeWorld) -> None:
    world = make_world(start=False)

    done = run(world.service.command("check"), world.folder)

    assert done.returncode == 0, done.stderr
    assert "[submission]" in done.stdout and 'lame_duck = "200ms"' in done.stdout
    secrets = [CALLBACK_SECRET, OPS_TOKEN, SINK_SECRET, "sk-evo-test-0123456789abcdef0123456789abcdef"]
    assert not [secret for secret in secrets if secret in done.stdout + done.stderr]


def test_check_connect_tries_provider_store_and_sinks(make_world: MakeWorld) -> None:
    world = make_world(start=False)

    well = run(world.service.command("check", "--connect"), world.folder)
    world.provider.program.kill()
    ill = run(world.service.command("check", "--connect"), world.folder)

    assert well.returncode == 0, well.stdout + well.stderr
    assert ill.returncode == REFUSED
    assert "provider" in ill.stdout + ill.stderr


def test_check_refuses_what_serve_refuses(make_world: MakeWorld) -> None:
    world = make_world(start=False, changes={"server": {"lame_dukc": "1s"}})

    done = run(world.service.command("check"), world.folder)

    assert done.returncode == REFUSED
    assert "server.lame_dukc" in done.stderr


def test_keygen_shows_a_key_whose_hash_is_in_the_entry(make_world: MakeWorld) -> None:
    world = make_world(start=False)

    done = run([world.service.command()[0], "keygen", "--caller", "tts-web"], world.folder)

    assert done.returncode == 0
    digest = re.search(r'key_sha256 = \["([0-9a-f]{64})"\]', done.stdout)
    assert digest and 'name = "tts-web"' in done.stdout
    words = re.findall(r"\S{20,}", done.stdout)
    assert [word for word in words if hashlib.sha256(word.encode()).hexdigest() == digest[1]]


def test_health_asks_the_running_service(make_world: MakeWorld) -> None:
    world = make_world()

    alive = run(world.service.command("health"), world.folder)
    world.service.kill()
    dead = run(world.service.command("health"), world.folder)

    assert alive.returncode == 0, alive.stderr
    assert dead.returncode != 0


def test_ops_prints_the_summary_of_the_running_service(make_world: MakeWorld) -> None:
    world = make_world()

    done = run(world.service.command("ops", "summary", "--json"), world.folder)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["conservation"] == {"ok": True, "violations": []}


def test_version_and_help_need_no_configuration(make_world: MakeWorld) -> None:
    world = make_world(start=False)
    program = world.service.command()[0]

    version, usage, wrong = (run([program, word], world.folder) for word in ("version", "--help", "frobnicate"))

    assert version.returncode == 0 and re.search(r"\d+\.\d+\.\d+", version.stdout)
    assert usage.returncode == 0 and all(word in usage.stdout for word in ("serve", "check", "keygen", "health", "ops"))
    assert wrong.returncode != 0 and wrong.stderr
