"""`voicehook ops …` with a service on another machine, and with one that lies."""
from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from support.certificates import Authority, ServerFiles
from support.hostile_texts import hostile_texts
from support.ops_stub import OpsStub
from support.program import Program, binary, run
from support.service import OPS_TOKEN
from support.wait import until
from support.world import MakeWorld, World

Done = subprocess.CompletedProcess
#: What a hostile provider, caller or sink would have people see.
HOSTILE = "a\x1b[2J\x1b]0;title\x07\nVERDICT: fine\u202egnp.exe\u200b\x9b31m\x7f\u2066"


@pytest.fixture
def stub(files: ServerFiles) -> Iterator[OpsStub]:
    with OpsStub(files) as made:
        yield made


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("a-token-for-another-machine\n")
    return path


def elsewhere(stub: OpsStub, authority: Authority, token_file: Path, *words: str, **environment: str) -> Done[str]:
    """Asks the stub as if it were on another machine."""
    return run(_elsewhere(stub, authority, token_file, *words), token_file.parent, environment, within=30)


def _elsewhere(stub: OpsStub, authority: Authority, token_file: Path, *words: str) -> list[str | Path]:
    return [binary("VOICEHOOK_BIN", "voicehook"), "ops", *words, "--url", stub.url, "--token-file", token_file, "--ca-file",
            authority.file]


def test_tail_goes_on_where_it_stopped(stub: OpsStub, authority: Authority, token_file: Path) -> None:
    stub.streams = [[b"event: activity\nid: 41\ndata: {\"kind\":\"parked\",\"detail\":\"fir", b"st\"}\n\n"],
                    [b"event: activity\nid: 42\ndata: {\"kind\":\"parked\",\"detail\":\"second\"}\n\n"]]
    following = Program(_elsewhere(stub, authority, token_file, "tail"), token_file.parent, "tail")

    until(lambda: "second" in following.out.read_text(), "it came back")
    until(lambda: len(stub.asked) >= 3, "and again")
    following.signal(signal.SIGINT)

    assert following.wait() == 0, following.tail()
    assert [item.last_event_id for item in stub.asked][:3] == [None, "41", "42"]
    assert "the stream ended; asking again in 1 s" in following.err.read_text()


def test_another_machine_is_asked_over_verified_tls_and_as_somebody(make_world: MakeWorld, authority: Authority, files: ServerFiles,
                                                                    tmp_path: Path) -> None:
    world = make_world()
    token = tmp_path / "token"
    token.write_text(OPS_TOKEN + "\n")
    stranger = Authority(tmp_path / "stranger", "stranger")
    program = binary("VOICEHOOK_BIN", "voicehook")

    def ask(host: str, authority_file: Path, token_file: Path) -> Done[str]:
        return run([program, "ops", "summary", "--url", f"https://{host}:{world.service.ops_port}", "--ca-file", authority_file,
                    "--token-file", token_file], tmp_path)

    assert ask("localhost", authority.file, token).returncode == 0
    assert ask("127.0.0.1", authority.file, token).returncode == 0
    untrusted = ask("localhost", stranger.file, token)
    assert untrusted.returncode == 1 and "certificate" in untrusted.stderr, untrusted
    misnamed = ask("127.0.0.2", authority.file, token)
    assert misnamed.returncode == 1 and misnamed.stdout == "", misnamed
    token.write_text("a-token-that-nobody-has")
    guessed = ask("localhost", authority.file, token)
    assert guessed.returncode == 2 and "HTTP 401" in guessed.stderr, guessed


@pytest.mark.parametrize(("words", "said"), [
    (["--url", "http://voicehook.internal:9464", "--token-file", "token"], "must be https"),
    (["--url", "https://localhost:1", "--token-file", "nothing"], "--token-file"),
    (["--url", "https://localhost:1"], "--token-file"),
    (["--url", "localhost:1", "--token-file", "token"], "--url"),
    (["--ca-file", "ca.crt"], "--ca-file"),
])
def test_access_that_cannot_be_is_refused(world: World, token_file: Path, words: list[str], said: str) -> None:
    done = run([*world.service.command("ops", "summary"), *words], token_file.parent)

    assert done.returncode == 2 and said in done.stderr and "a-token" not in done.stderr, done


# ---- a service that lies --------------------------------------------------------------------------------------------


def _is_printable(text: str) -> bool:
    return not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]", text)


def test_hostile_texts_reach_no_terminal(stub: OpsStub, authority: Authority, token_file: Path) -> None:
    line = {name: HOSTILE for name in ("id", "task", "provider_task_id", "caller", "sink", "state", "stage", "status", "dispute", "cause",
                                       "last_answer", "last_problem", "who", "what", "subject", "reason", "kind", "detail", "body")}
    page = {"data": [line], "next_cursor": HOSTILE}
    stub.answers = {
        "/ops/v1/summary": (200, {"past_due": {}, "conservation": {"ok": False, "violations": [HOSTILE]},
                                  "deliveries": {"sinks": {HOSTILE: {"parked": 1, "paused": HOSTILE, "parked_by_cause": {HOSTILE: 1}}}},
                                  "open_by_caller": {HOSTILE: 1}, "replicas": [{"name": HOSTILE, "version": HOSTILE}],
                                  "intake": {"rejected": {HOSTILE: {HOSTILE: 1}}}, "results": {HOSTILE: 1}}),
        "/ops/v1/tasks": (200, page), "/ops/v1/deliveries": (200, page), "/ops/v1/actions": (200, page), "/ops/v1/replays": (200, page),
        "/ops/v1/tasks/x": (200, {**line, "timeline": [line], "deliveries": [line], "submit_body": HOSTILE, "curl": HOSTILE}),
        "/ops/v1/backups": (200, {"supported": False, "advice": HOSTILE, "last": {"file": HOSTILE, "who": HOSTILE, "error": HOSTILE}}),
        "/ops/v1/sinks/x/resume": (409, {"detail": HOSTILE, "error": {"code": HOSTILE}, "errors": [{"field": HOSTILE, "message": HOSTILE}]})}
    stub.streams = [[b"event: activity\ndata: " + json.dumps(line, ensure_ascii=False).encode() + b"\n\n"]]

    for words in (["summary"], ["tasks"], ["deliveries"], ["parked"], ["actions"], ["replays"], ["task", "x", "--bodies", "--curl"],
                  ["backup", "--status"], ["resume", "x"]):
        done = elsewhere(stub, authority, token_file, *words, COLUMNS="100")
        assert done.stdout + done.stderr and _is_printable(done.stdout + done.stderr), (words, done)
    assert not re.search(r"^VERDICT", elsewhere(stub, authority, token_file, "tasks").stdout, re.MULTILINE)

    following = Program(_elsewhere(stub, authority, token_file, "tail"), token_file.parent, "tail")
    until(lambda: "VERDICT" in following.out.read_text(), "the event is shown")
    following.signal(signal.SIGINT)
    assert following.wait() == 0 and _is_printable(following.out.read_text()), following.out.read_text()


def test_no_text_that_was_written_to_do_harm_leaves_its_line(stub: OpsStub, authority: Authority, token_file: Path) -> None:
    texts = [item.text for item in hostile_texts()]
    stub.answers["/ops/v1/actions"] = (200, {"data": [{"who": "ann", "what": "pause", "subject": "s", "reason": text} for text in texts],
                                             "next_cursor": None})

    done = elsewhere(stub, authority, token_file, "actions", "--limit", str(len(texts)), COLUMNS="120")

    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == len(texts) + 1, done.stderr
    assert all(line.startswith("–     ann  pause") and _is_printable(line) for line in lines[1:])


def test_for_programs_the_answer_is_unchanged(stub: OpsStub, authority: Authority, token_file: Path) -> None:
    answer = '{ "data" : [ {"id":"task-1", "n": 1e400} ],\n "next_cursor":null, "unknown":"\u202e" }'
    stub.answers["/ops/v1/tasks"] = (200, answer)

    assert elsewhere(stub, authority, token_file, "tasks", "--json").stdout == answer + "\n"
    assert stub.asked[-1].token == "a-token-for-another-machine"


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{\"cut", b"[]", b"\xff\xfe{}", b"{\"a\":" * 5000], ids=range(6))
def test_what_is_no_answer_of_the_api_is_said_and_not_shown(stub: OpsStub, authority: Authority, token_file: Path, answer: bytes) -> None:
    stub.answers["/ops/v1/summary"] = (200, answer)

    done = elsewhere(stub, authority, token_file, "summary")

    assert (done.returncode, done.stdout) == (1, "") and "no JSON object" in done.stderr, done


def test_an_answer_without_members_is_dashes_and_no_good_news(stub: OpsStub, authority: Authority, token_file: Path) -> None:
    stub.answers["/ops/v1/summary"] = (200, {})

    done = elsewhere(stub, authority, token_file, "summary", "--check")

    assert done.returncode == 3 and done.stdout.startswith("Something is not known.\n"), done
    assert not re.search(r"\b0\b", done.stdout), done.stdout


def test_lines_of_ten_megabytes_are_cut(stub: OpsStub, authority: Authority, token_file: Path) -> None:
    huge = "x" * 10_000_000
    stub.answers["/ops/v1/tasks"] = (200, {"data": [{"id": "task-1", "last_problem": huge}], "next_cursor": None})
    stub.answers["/ops/v1/actions"] = (200, {"data": [{"reason": "y" * 70_000_000}], "next_cursor": None})
    stub.streams = [[b"data: " + b"x" * 5_000_000]]

    done = elsewhere(stub, authority, token_file, "tasks")
    too_long = elsewhere(stub, authority, token_file, "actions")
    endless = Program(_elsewhere(stub, authority, token_file, "tail"), token_file.parent, "tail")

    assert done.returncode == 0 and max(map(len, done.stdout.splitlines())) < 700
    assert too_long.returncode == 1 and "too long" in too_long.stderr, too_long.stderr
    assert endless.wait() == 1 and "longer than 4 MiB" in endless.err.read_text()
