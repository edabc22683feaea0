"""Runs last: every answer of the api listener and of the operations API in this run is held against the document it serves."""
from __future__ import annotations

from itertools import takewhile
from typing import Any, Callable

import pytest

from support.http import Event
from support.openapi import Document, Recorded, recorder
from support.world import World

METHODS = ("get", "post", "put", "delete", "patch")


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    return world.service.client(None).get("/openapi.json").json()


def test_the_document_is_openapi_3_1_and_lists_every_route(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {(method, path) for path, operations in document["paths"].items() for method in operations
            if method in METHODS} == {
        ("post", "/v1/audios/generations"), ("get", "/v1/tasks"), ("get", "/v1/tasks/{id}"), ("get", "/v1/tasks/{id}/events"),
        ("get", "/ops/v1/summary"), ("get", "/ops/v1/history"), ("get", "/ops/v1/events"), ("get", "/ops/v1/tasks"),
        ("get", "/ops/v1/tasks/{id}"), ("post", "/ops/v1/tasks/{id}/resolve"), ("get", "/ops/v1/deliveries"),
        ("post", "/ops/v1/deliveries/{id}/retry"), ("post", "/ops/v1/deliveries/{id}/discard"),
        ("post", "/ops/v1/sinks/{name}/pause"), ("post", "/ops/v1/sinks/{name}/resume"),
        ("get", "/ops/v1/replays"), ("post", "/ops/v1/replays"), ("get", "/ops/v1/replays/{id}"),
        ("post", "/ops/v1/replays/{id}/cancel"), ("get", "/ops/v1/actions"), ("get", "/ops/v1/backups"), ("post", "/ops/v1/backups"), ("get", "/openapi.json"), ("get", "/livez"), ("get", "/readyz")}


def test_operations_have_names_of_their_own_and_references_lead_somewhere(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operations in document["paths"].values() for method, operation in operations.items()
             if method in METHODS]
    references: list[str] = []

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            references.extend([node["$ref"]] if "$ref" in node else [])
            for item in node.values():
                collect(item)
        elif isinstance(node, list):
            for item in node:
                collect(item)

    collect(document)
    assert len(set(names)) == len(names)
    assert references
    for reference in references:
        assert Document(document).resolve({"$ref": reference}) is not None


def test_operators_have_a_listener_and_a_token_of_their_own(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for_operators = path.startswith("/ops/v1/")
        assert ("servers" in item) == for_operators, path
        for method in item.keys() & set(METHODS):
            assert (item[method].get("security") == [{"operatorToken": []}]) == for_operators, path


def test_every_answer_of_this_run_is_as_documented(world: World, document: dict[str, Any]) -> None:
    world.ended(world.submit())
    world.api.get("/v1/tasks")
    world.post(body={})
    world.service.history(world.submit())
    for path in ("tasks", "deliveries", "history?window=24h", "actions", "replays"):
        assert world.service.ops.get(f"/ops/v1/{path}").status == 200

    complaints = [text for item in recorder.items for text in Document(document).complaints(item)]

    assert sorted(set(complaints)) == []


def test_the_check_finds_an_answer_that_is_not_as_documented(world: World, document: dict[str, Any]) -> None:
    answer = world.api.get("/v1/tasks?limit=1")
    wrong = Recorded("GET", "/v1/tasks", type(answer)(answer.status, answer.headers, b'{"data":[{"id":7}],"more":1}'))

    assert len(Document(document).complaints(wrong)) >= 3


def test_what_streams_say_is_as_documented(world: World, document: dict[str, Any]) -> None:
    ids = [event.id for event in events_after(world, world.submit) if event.id]
    events = events_after(world, lambda: [world.ended(task) for task in world.submit_many(40)], ids[-1])
    schemas = {"summary": "Summary", "activity": "Activity", "skipped": "Skipped"}

    assert {event.name for event in events} == set(schemas)
    for event in events:
        schema = document["components"]["schemas"][schemas[event.name]]
        assert Document(document).violations(event.json(), schema) == [], event


def events_after(world: World, happening: Callable[[], object], last_id: str | None = None) -> list[Event]:
    """What a new stream begins with, up to its second summary, after something happened."""
    happening()
    headers = {"last_event_id": last_id} if last_id else {}
    stream = world.service.ops.open_stream("/ops/v1/events", **headers)
    events = stream.events()
    found = [next(events), *takewhile(lambda event: event.name != "summary", events)]
    stream.close()
    return found
