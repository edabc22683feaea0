"""Hostile texts as headers of a sink: refused by name at the start, or sent as they are on a line of their own."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from support.hostile_sink import RawSink
from support.hostile_texts import hostile_texts
from support.program import run
from support.wait import until
from support.world import MakeWorld, World

TEXTS = [item.text for item in hostile_texts() if item.is_unicode]
#: As many as one sink takes.
PER_SINK = 32


def _groups(rows: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    return [rows[at:at + PER_SINK] for at in range(0, len(rows), PER_SINK)]


def _sinks(url: str, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"name": f"s{index}", "type": "http", "url": f"{url}/{index}", "headers": group} for index, group in enumerate(_groups(rows))]


def _refused(world: World, member: str) -> dict[int, str]:
    """The complaints of `voicehook check`, by the number of the text."""
    done = run(world.service.command("check"), world.service.folder)
    found = re.findall(rf"sinks\[(\d+)\]\.headers\[(\d+)\]\.{member}: (.*)", done.stderr)
    assert len(found) == len([line for line in done.stderr.splitlines() if line.strip()]), "nothing else is complained about"
    return {int(sink) * PER_SINK + int(row): text for sink, row, text in found}


def test_a_value_is_refused_or_stays_on_its_line(make_world: MakeWorld, tmp_path: Path) -> None:
    values = [text.encode() for text in TEXTS]
    rows = []
    for index, value in enumerate(values):
        (tmp_path / str(index)).write_bytes(value)
        rows.append({"name": f"X-Text-{index}", "value_file": str(tmp_path / str(index))})
    read = [value.removesuffix(b"\n").removesuffix(b"\r") for value in values]
    sink = RawSink()
    world = make_world(start=False)
    world.service.write_config({"sinks": _sinks(sink.url, rows)})

    refused = _refused(world, "value")

    assert set(refused) == {index for index, value in enumerate(read) if not value or any(byte < 0x20 or byte == 0x7f for byte in value)}
    good = [index for index in range(len(values)) if index not in refused]
    assert len(refused) > 50 and len(good) > 500
    sinks = _sinks(sink.url, [rows[index] for index in good])
    # A head of 64 KiB is sent, too, but no receiver has to take one.
    world.service.write_config({"sinks": sinks})
    world.service.start()
    world.ended(world.submit())
    until(lambda: len(sink.requests) >= len(sinks), "every sink has it", 30)
    ours = set()
    for request in sink.requests:
        number = int(request.split(b" ")[1][1:])
        group = [good[at] for at in range(number * PER_SINK, min((number + 1) * PER_SINK, len(good)))]
        lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")
        assert [line for line in lines if line.startswith(b"X-Text-")] == [b"X-Text-%d: %s" % (index, read[index]) for index in group]
        ours.add(tuple(line.split(b":")[0] for line in lines[1:] if not line.startswith(b"X-Text-")))
    assert len(ours) == 1, "beside them all requests have the same headers"
    sink.close()


def test_a_name_is_a_token_or_refused(make_world: MakeWorld) -> None:
    # TOML itself refuses DEL.
    texts = [text for text in TEXTS if "\x7f" not in text]
    world = make_world(start=False)
    world.service.write_config({"sinks": _sinks("http://localhost:9", [{"name": text, "value": "x"} for text in texts])})

    refused = _refused(world, "name")

    token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
    allowed = {text for index, text in enumerate(texts) if index not in refused}
    assert all(token.fullmatch(text) for text in allowed), allowed
    assert {index for index, text in enumerate(texts) if not token.fullmatch(text)} <= set(refused)
