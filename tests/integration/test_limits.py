"""Caps, proxies, certificates and retention: what bounds the service, and what it does at the bound."""
from __future__ import annotations

import socket
import ssl

import pytest

from support import toml
from support.certificates import Authority
from support.http import Client
from support.service import BOB
from support.wait import until
from support.world import MakeWorld, World, completed_body


def callback_source(world: World, **headers: str) -> str:
    """What the timeline says of where a callback came from."""
    world.provider.faults(callback="never", work_ms=60000)
    task = world.submit()
    provider_task = world.provider_task(task)
    answer = world.post_callback(provider_task.callback_path, completed_body(provider_task.id), **headers)
    assert answer.status == 200
    return next(entry["detail"] for entry in world.service.history(task)["timeline"] if entry["kind"] == "callback")


def test_only_a_trusted_proxy_may_tell_where_a_request_came_from(make_world: MakeWorld) -> None:
    world = make_world(changes={"public": {"trusted_proxies": ["127.0.0.0/8", "198.51.100.0/24"]}})

    told = callback_source(world, x_forwarded_for="10.9.9.9, 203.0.113.9, 198.51.100.7")

    assert "203.0.113.9" in told


def test_without_trusted_proxies_the_header_counts_for_nothing(world: World) -> None:
    told = callback_source(world, x_forwarded_for="203.0.113.9")

    assert "127.0.0.1" in told and "203.0.113.9" not in told


def test_one_address_cannot_take_every_connection(make_world: MakeWorld) -> None:
    world = make_world(changes={"server": {"max_connections_per_address": 8}})
    world.provider.faults(callback="never", work_ms=60000)
    task = world.submit()
    streams = [world.api.open_stream(f"/v1/tasks/{task}/events") for _ in range(8)]

    with pytest.raises(OSError):
        world.api.get("/livez")

    assert world.service.public.get("/livez").status == 200
    world.provider.send_callback(world.provider_task(task).id, outcome="completed")
    for stream in streams:
        assert [event.name for event in stream.events()][-1:] == ["task"]
        stream.close()
    until(lambda: world.api.get("/livez").status == 200, "room again")
    assert world.service.metrics().value("voicehook_http_rejected_total", listener="api") >= 1


def test_refusals_are_counted_by_listener_and_reason(make_world: MakeWorld) -> None:
    world = make_world()

    def counted(listener: str) -> float:
        return world.service.metrics().value("voicehook_http_rejected_total", listener=listener)

    before = counted("public"), counted("api")
    with world.service.public.raw() as connection:
        connection.send(b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert connection.answer().startswith(b"HTTP/1.1 400 ")
    assert world.service.client(None).get("/v1/tasks").status == 401

    until(lambda: counted("public") > before[0] and counted("api") > before[1], "both are counted")


def test_plain_http_is_served_where_no_certificate_is_set(make_world: MakeWorld) -> None:
    world = make_world(start=False)
    for name in ("public", "api", "ops"):
        del world.service.settings[name]["tls"]
    world.service.write_config({"public": {"allow_internal_base_url": True}})
    world.service.public = Client(world.service.public_port)
    world.service.ops = Client(world.service.ops_port, None, "operator-token-of-the-tests")

    world.service.start()

    assert Client(world.service.api_port, None, BOB.key).get("/v1/tasks").json() == {"data": [], "next_cursor": None}


def test_a_client_with_a_certificate_of_the_right_authority_is_let_in(make_world: MakeWorld) -> None:
    world = make_world(start=False)
    clients = Authority(world.folder / "clients", "client-ca")
    own, strangers = clients.server("caller"), Authority(world.folder / "strangers", "other-ca").server("stranger")
    world.service.write_config({"api": {"tls": {**world.service.settings["api"]["tls"], "client_ca": str(clients.file)}}})
    world.service.start()

    def ask(files: object) -> bytes:
        context = ssl.create_default_context(cafile=str(world.authority.file))
        context.load_cert_chain(files.certificate, files.key)  # type: ignore[attr-defined]
        with socket.create_connection(("127.0.0.1", world.service.api_port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                secured.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return secured.recv(100)

    assert ask(own).startswith(b"HTTP/1.1 200 ")
    with pytest.raises(OSError):
        ask(strangers)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_protocols_are_refused(world: World) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(str(world.authority.file))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with socket.create_connection(("127.0.0.1", world.service.public_port), timeout=10) as plain:
        with pytest.raises(OSError):
            context.wrap_socket(plain, server_hostname="localhost")


def test_a_task_is_kept_for_its_retention_and_counted_when_it_goes(make_world: MakeWorld) -> None:
    world = make_world(changes={"store": {"retention": "1s"}})
    task = world.submit()
    path = world.provider_task(task).callback_path
    provider_task = world.provider_task(task).id
    world.delivered(task)

    summary = until(lambda: (found := world.service.summary(audit=True))["retired"] == 1 and found, "retired", within=20)

    assert (summary["accepted"], summary["tasks"]["ended"]["count"]) == (1, 0)
    assert summary["deliveries"]["retired"] == summary["deliveries"]["created"] == 1
    assert summary["conservation"]["ok"]
    assert world.api.get(f"/v1/tasks/{task}").status == 404
    assert world.post_callback(path, completed_body(provider_task)).status == 404
    assert len(world.sink.of_task(task)) == 1


def test_a_caller_that_is_removed_is_unknown_and_its_tasks_are_still_delivered(make_world: MakeWorld) -> None:
    world = make_world()
    bob = world.service.client(BOB)
    world.provider.faults(callback="never", work_ms=60000)
    task = world.submit(bob)
    world.service.write_config({"callers": [item for item in world.service.settings["callers"] if item["name"] != "bob"]})
    world.service.reload()

    until(lambda: bob.get("/v1/tasks").status == 401, "unknown")

    assert world.provider.send_callback(world.provider_task(task).id, outcome="completed") == [200]
    assert world.delivered_once(task).json()["data"]["caller"] == "bob"
    assert "bob" not in toml.render(world.service.settings)
