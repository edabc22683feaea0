"""The HTTP sink in full: rotation, authentication, headers, proxies, classes of answers, kept connections."""
from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Iterator

import pytest

from support.certificates import Authority, ServerFiles
from support.nginx import ReverseProxy
from support.nginx import executable as nginx_executable
from support.program import run
from support.sink import Answer, Sink
from support.tinyproxy import Tinyproxy
from support.tinyproxy import executable as tinyproxy_executable
from support.wait import stays, until
from support.webhook import make_secret, sign, verifies
from support.world import MakeWorld, World

needs_nginx = pytest.mark.skipif(not nginx_executable(), reason="no nginx")
needs_tinyproxy = pytest.mark.skipif(not tinyproxy_executable(), reason="no tinyproxy")


@pytest.fixture
def other() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


def _sink(url: str, **settings: Any) -> dict[str, Any]:
    return {"name": "other", "type": "http", "url": url, "retry": {"first": "100ms", "longest": "1s"}, **settings}


def _delivery(world: World, task: str, sink: str = "other") -> dict[str, Any]:
    return [item for item in world.service.deliveries(task) if item["sink"] == sink][0]


def _failed(world: World, task: str, sink: str = "other") -> dict[str, Any]:
    """The delivery after its first failure."""
    return until(lambda: (found := _delivery(world, task, sink))["cause"] and found, f"an attempt at {sink} fails")


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_every_secret_of_a_rotation_signs(make_world: MakeWorld, other: Sink) -> None:
    old, new, newest = (make_secret(name) for name in ("old", "new", "newest"))
    world = make_world(more_sinks=[_sink(other.url, secret=old, secrets=[{"key": new}, {"key": newest}])])

    task = world.submit()

    received = other.wait_for(task)[0]
    assert all(verifies(secret, received.headers, received.body) for secret in (old, new, newest))
    expected = [sign(secret, received.headers["webhook-id"], received.headers["webhook-timestamp"], received.body)
                for secret in (old, new, newest)]
    assert received.headers["webhook-signature"] == " ".join(expected)


def test_a_token_and_headers_are_sent_and_changed_by_a_reload(make_world: MakeWorld, other: Sink, tmp_path: Path) -> None:
    token, key = tmp_path / "token", tmp_path / "key"
    token.write_text("first-token\n")
    key.write_text("k=1; z\n")
    headers = [{"name": "X-Env", "value": "prod"}, {"name": "X-Key", "value_file": str(key)}]
    world = make_world(more_sinks=[_sink(other.url, bearer_token_file=str(token), headers=headers)])

    before = other.wait_for(world.submit())[0].headers
    token.write_text("second-token\n")
    world.service.reload()
    until(lambda: world.service.program.logged("reloaded"), "reloaded")
    after = other.wait_for(world.submit())[0].headers

    assert (before["authorization"], after["authorization"]) == ("Bearer first-token", "Bearer second-token")
    assert (after["x-env"], after["x-key"]) == ("prod", "k=1; z")
    told = world.service.program.err.read_text() + world.service.program.out.read_text()
    assert "-token" not in told and "k=1" not in told


def test_a_user_name_and_password_are_sent(make_world: MakeWorld, other: Sink) -> None:
    world = make_world(more_sinks=[_sink(other.url, basic={"username": "ann", "password": "wörd: :"})])

    received = other.wait_for(world.submit())[0]

    assert received.headers["authorization"] == _basic("ann", "wörd: :")


def test_a_binary_cloud_event_has_its_attributes_in_headers(make_world: MakeWorld, other: Sink) -> None:
    world = make_world(more_sinks=[_sink(other.url, format="cloudevents_binary")])

    task = world.submit()

    received = other.wait_for(task)[0]
    told = {name.removeprefix("ce-"): value for name, value in received.headers.items() if name.startswith("ce-")}
    assert told.pop("time").endswith("Z")
    assert told == {"specversion": "1.0", "id": received.headers["webhook-id"], "source": "voicehook",
                    "type": "voice_design.completed", "subject": task}
    assert received.headers["content-type"].startswith("application/json")
    assert received.json() == world.ended(task) | {"caller": "ann"}


@pytest.mark.parametrize("answer", [408, 425, 429])
def test_what_is_only_a_matter_of_time_is_never_parked_at_once(make_world: MakeWorld, other: Sink, answer: int) -> None:
    world = make_world(more_sinks=[_sink(other.url, retry={"first": "100ms", "park_at_once": ["status_4xx"]})])
    other.script(answer)

    task = world.submit()

    attempts = other.wait_for(task, count=2)
    assert [item.answer.status for item in attempts] == [answer, 200]
    assert {item["state"] for item in world.settled(task)} == {"delivered"}


def test_a_cause_that_no_retry_helps_parks_at_once_and_keeps_body_and_attempt(make_world: MakeWorld, other: Sink) -> None:
    world = make_world(more_sinks=[_sink(other.url, retry={"park_at_once": ["status_4xx"]})])
    other.always(422)

    task = world.submit()

    until(lambda: _delivery(world, task)["state"] == "parked", "parked")
    parked = _delivery(world, task)
    assert (parked["cause"], parked["attempts"], parked["last_answer"]) == ("status_4xx", 1, "HTTP 422")
    stays(lambda: len(other.of_task(task)) == 1, "it is not tried again", 0.5)
    other.always(200)
    assert world.service.ops.post(f"/ops/v1/deliveries/{parked['id']}/retry").status in (200, 202, 204)
    first, second = other.wait_for(task, count=2)
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


# ---- through nginx ----


@needs_nginx
def test_one_connection_carries_delivery_after_delivery(make_world: MakeWorld, other: Sink, authority: Authority,
                                                        files: ServerFiles, tmp_path: Path) -> None:
    nginx = ReverseProxy(tmp_path / "nginx", files, other.port)
    world = make_world(more_sinks=[_sink(nginx.url, ca_file=str(authority.file), max_in_flight=1)])

    tasks = [world.submit() for _ in range(20)]

    other.wait_for_all(tasks)
    served = until(lambda: len(nginx.served()) == 20 and nginx.served(), "nginx has told all")
    assert {item.status for item in served} == {200}
    assert len({item.connection for item in served}) == 1
    assert sorted(item.number for item in served) == list(range(1, 21))
    nginx.close()


@needs_nginx
def test_a_receiver_that_wants_a_certificate_gets_it(make_world: MakeWorld, other: Sink, authority: Authority, files: ServerFiles,
                                                     tmp_path: Path) -> None:
    nginx = ReverseProxy(tmp_path / "nginx", files, other.port, client_ca=authority.file)
    own = authority.server("client")
    known = _sink(nginx.url, ca_file=str(authority.file), client_certificate=str(own.certificate), client_key=str(own.key))
    unknown = {**_sink(nginx.url, ca_file=str(authority.file)), "name": "unknown"}
    world = make_world(more_sinks=[known, unknown])

    task = world.submit()

    other.wait_for(task)
    refused = _failed(world, task, "unknown")
    assert (refused["cause"], refused["last_answer"]) == ("status_4xx", "HTTP 400")
    assert "SUCCESS" in {item.client_verified for item in nginx.served()}
    assert len(other.of_task(task)) == 1
    ends = "voicehook_sink_certificate_expiry_timestamp_seconds"
    assert world.service.metrics().value(ends, sink="other") == own.ends()
    assert world.service.metrics().value(ends, sink="unknown") == 0
    nginx.close()


@needs_nginx
def test_a_pair_of_files_that_do_not_fit_is_refused_at_the_start_and_by_a_reload(
        make_world: MakeWorld, other: Sink, authority: Authority, tmp_path: Path) -> None:
    one, two = authority.server("one"), authority.server("two")
    key = tmp_path / "client.key"
    key.write_bytes(two.key.read_bytes())
    world = make_world(start=False, more_sinks=[_sink(
        other.url.replace("http:", "https:"), client_certificate=str(one.certificate), client_key=str(key))])

    code, says = world.service.start_refused()

    assert code == 2, says
    assert "sinks.other.client_certificate, client_key: " in says and str(key) in says
    key.write_bytes(one.key.read_bytes())
    world.service.start()
    key.write_text("not a key")
    world.service.reload()
    refused = until(lambda: world.service.program.logged("reload_refused"), "refused")
    assert "sinks.other.client_certificate, client_key: " in refused[0]["reason"]
    assert world.service.public.get("/readyz").status == 200


@needs_nginx
def test_what_is_too_large_for_the_receiver_is_called_so_and_goes_out_when_it_takes_more(
        make_world: MakeWorld, other: Sink, authority: Authority, files: ServerFiles, tmp_path: Path) -> None:
    nginx = ReverseProxy(tmp_path / "nginx", files, other.port, max_body="100")
    common = {"ca_file": str(authority.file)}
    world = make_world(more_sinks=[_sink(nginx.url, **common),
                                   {**_sink(nginx.url, **common, retry={"park_at_once": ["too_large"]}), "name": "strict"}])

    task = world.submit()

    failed = _failed(world, task)
    assert (failed["cause"], failed["last_answer"]) == ("too_large", "HTTP 413")
    until(lambda: _delivery(world, task, "strict")["state"] == "parked", "parked")
    assert _delivery(world, task, "strict")["cause"] == "too_large"
    nginx.restart()
    other.wait_for(task)
    until(lambda: _delivery(world, task)["state"] == "delivered", "delivered")
    nginx.close()


@needs_nginx
def test_a_receiver_that_restarts_in_the_middle_loses_nothing(make_world: MakeWorld, other: Sink, authority: Authority,
                                                              files: ServerFiles, tmp_path: Path) -> None:
    nginx = ReverseProxy(tmp_path / "nginx", files, other.port)
    world = make_world(more_sinks=[_sink(nginx.url, ca_file=str(authority.file), max_in_flight=4)])
    tasks = world.submit_many(30)
    until(lambda: len(other.received) >= 5, "some are delivered")

    nginx.close()
    tasks += world.submit_many(30)
    for task in tasks:
        world.ended(task)
    nginx.start()

    other.wait_for_all(tasks)
    until(lambda: world.service.summary()["deliveries"]["sinks"]["other"]["pending"] == 0, "nothing is pending")
    ids = {task: {item.headers["webhook-id"] for item in other.of_task(task)} for task in tasks}
    assert all(len(found) == 1 for found in ids.values())
    nginx.close()


# ---- out by a proxy ----


@needs_tinyproxy
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("user", ["", "ann"], ids=["anybody", "ann"])
def test_deliveries_leave_by_a_proxy(make_world: MakeWorld, authority: Authority, files: ServerFiles, tmp_path: Path, tls: bool,
                                     user: str) -> None:
    proxy = Tinyproxy(tmp_path / "proxy", user, "pass-word" if user else "")
    target = Sink(tls=files if tls else None)
    credentials = {"proxy_username": user, "proxy_password": "pass-word"} if user else {}
    world = make_world(more_sinks=[_sink(target.url, ca_file=str(authority.file), proxy=proxy.url, max_in_flight=1, **credentials)])

    tasks = [world.submit() for _ in range(5)]

    target.wait_for_all(tasks)
    assert set(until(proxy.tunnels, "the proxy tells its tunnels")) == {f"localhost:{target.port}"}
    assert len(proxy.tunnels()) == 1, "its connection is kept"
    assert all("proxy-authorization" not in item.headers for item in target.received)
    target.close()
    proxy.close()


@needs_tinyproxy
def test_a_proxy_that_refuses_is_told_from_a_target_that_does(make_world: MakeWorld, other: Sink, tmp_path: Path) -> None:
    closed = Tinyproxy(tmp_path / "closed", "ann", "pass-word")
    narrow = Tinyproxy(tmp_path / "narrow", more="ConnectPort 443\n")
    gone = Tinyproxy(tmp_path / "gone")
    gone.close()
    world = make_world(more_sinks=[
        {**_sink(other.url, proxy=closed.url, proxy_username="ann", proxy_password="wrong"), "name": "wrong_password"},
        {**_sink(other.url, proxy=closed.url), "name": "no_password"},
        {**_sink(other.url, proxy=narrow.url), "name": "not_allowed"},
        {**_sink(other.url, proxy=gone.url), "name": "gone"}])

    task = world.submit()

    unknown = "HTTP 407, unauthorized: set or correct proxy_username and proxy_password"
    for sink, text in {"wrong_password": "HTTP 40", "no_password": unknown, "not_allowed": "HTTP 403: its rules",
                       "gone": f"reach the proxy 127.0.0.1:{gone.port}"}.items():
        failed = _failed(world, task, sink)
        assert failed["cause"] == "refused", failed
        assert text in failed["last_answer"], failed
    assert other.received == []
    for proxy in (closed, narrow):
        proxy.close()


@needs_nginx
@needs_tinyproxy
def test_check_tries_certificate_and_proxy_and_says_what_to_change(make_world: MakeWorld, other: Sink, authority: Authority,
                                                                   files: ServerFiles, tmp_path: Path) -> None:
    nginx = ReverseProxy(tmp_path / "nginx", files, other.port, client_ca=authority.file)
    proxy = Tinyproxy(tmp_path / "proxy", "ann", "pass-word")
    own = authority.server("client")
    common = {"ca_file": str(authority.file), "client_certificate": str(own.certificate), "client_key": str(own.key), "proxy": proxy.url}
    world = make_world(more_sinks=[
        {**_sink(nginx.url, **common, proxy_username="ann", proxy_password="pass-word"), "name": "good"},
        {**_sink(nginx.url, **common), "name": "no_password"},
        {**_sink(nginx.url, **{**common, "ca_file": None}, proxy_username="ann", proxy_password="pass-word"), "name": "not_trusted"}])

    done = run(world.service.command("check", "--connect"), tmp_path)

    told = dict(line.removeprefix("# ").split(": ", 1) for line in done.stdout.splitlines() if line.startswith("# sink "))
    assert told["sink good"] == "ok"
    assert "HTTP 407, unauthorized: set or correct proxy_username and proxy_password" in told["sink no_password"]
    assert "certificate" in told["sink not_trusted"]
    assert "pass-word" not in done.stdout + done.stderr
    nginx.close()
    proxy.close()


def test_retry_after_counts(make_world: MakeWorld, other: Sink) -> None:
    world = make_world(more_sinks=[_sink(other.url, retry={"first": "100ms", "longest": "5s"})])
    other.script(Answer(503, {"Retry-After": "2"}))

    task = world.submit()

    first, second = other.wait_for(task, count=2)
    assert second.at - first.at >= 1.9
