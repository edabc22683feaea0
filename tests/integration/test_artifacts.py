"""What completed results link to, kept in a folder before the link dies."""
from __future__ import annotations

import hashlib
import http.server
import re
import ssl
import threading
from pathlib import Path
from typing import Any, Iterator

import pytest

from support.certificates import Authority, ServerFiles
from support.ports import free_port
from support.wait import until
from support.world import MakeWorld, World, completed_body

AUDIO = bytes(range(256)) * 4000


class Files:
    """An https server with one file; the first `refusals` requests get 503."""

    def __init__(self, files: ServerFiles) -> None:
        self.port = free_port()
        self.refusals = 0
        self.asked: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                refused = len(outer.asked) <= outer.refusals
                self.send_response(503 if refused else 200)
                self.send_header("Content-Type", "audio/wav")
                self.send_header("Content-Length", "0" if refused else str(len(AUDIO)))
                self.end_headers()
                if not refused:
                    self.wfile.write(AUDIO)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/preview.wav?signature=secret"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def audio(files: ServerFiles) -> Iterator[Files]:
    server = Files(files)
    yield server
    server.close()


def settings(folder: Path, authority: Authority, **more: Any) -> dict[str, Any]:
    return {"artifacts": {"folder": str(folder), "hosts": ["localhost"], "allow_internal": True, "ca_file": str(authority.file), **more}}


def end_with_link(world: World, url: str) -> str:
    task = world.slow_task()
    provider_task = world.provider_task(task)
    body = completed_body(provider_task.id, results=[url])
    assert world.post_callback(provider_task.callback_path, body).json()["status"] == "accepted"
    return task


def artifact_of(world: World, task: str) -> dict[str, Any]:
    return next(item for item in world.settled(task, within=30) if item["sink"] == "artifacts")


def test_the_preview_is_kept_with_size_type_and_digest_on_the_task(make_world: MakeWorld, authority: Authority, audio: Files,
                                                                   tmp_path: Path) -> None:
    world = make_world(changes=settings(tmp_path / "kept", authority))
    audio.refusals = 1

    task = end_with_link(world, audio.url)

    told = artifact_of(world, task)
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [f"{task}.wav"]
    assert kept[0].read_bytes() == AUDIO
    assert (told["state"], told["attempts"]) == ("delivered", 2)
    expected = f"{re.escape(str(kept[0].relative_to(tmp_path / 'kept')))}, {len(AUDIO)} bytes, audio/wav, sha256 "
    assert re.fullmatch(expected + hashlib.sha256(AUDIO).hexdigest(), told["last_answer"])
    assert "signature=secret" not in str(world.service.program.log_lines()), "a link may be a secret"
    assert len(world.sink.of_task(task)) == 1, "the result itself waited for nothing"
    world.service.check_conservation()


@pytest.mark.parametrize(("more", "cause"), [({"hosts": ["files.example.com"]}, "forbidden"), ({"allow_internal": False}, "forbidden"),
                                             ({"max_size": "64KiB"}, "too_large")])
def test_what_may_not_be_fetched_is_parked_and_the_result_delivered(make_world: MakeWorld, authority: Authority, audio: Files,
                                                                   tmp_path: Path, more: dict[str, Any], cause: str) -> None:
    world = make_world(changes=settings(tmp_path / "kept", authority, **more))

    task = end_with_link(world, audio.url)

    told = artifact_of(world, task)
    assert (told["state"], told["cause"], told["attempts"]) == ("parked", cause, 1)
    world.delivered(task)
    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []


def test_it_is_off_without_a_folder_and_what_waits_is_parked_when_it_is_switched_off(make_world: MakeWorld, authority: Authority,
                                                                                    audio: Files, tmp_path: Path) -> None:
    world = make_world(changes=settings(tmp_path / "kept", authority))
    audio.refusals = 1000
    task = end_with_link(world, audio.url)
    until(lambda: audio.asked, "asked for")
    world.service.kill()

    world.service.write_config({"artifacts": {"folder": ""}})
    world.service.start()

    assert artifact_of(world, task)["cause"] == "sink_removed"
    other = end_with_link(world, audio.url)
    world.delivered(other)
    assert {item["sink"] for item in world.settled(other)} == {"results"}
