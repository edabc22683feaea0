"""Runs last: every answer of the api listener in this run is held against the document it serves."""
from __future__ import annotations

from typing import Any

import pytest

from support.openapi import Document, Recorded, recorder
from support.world import World


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    return world.service.client(None).get("/openapi.json").json()


def test_the_document_is_openapi_3_1_and_lists_every_route(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {(method, path) for path, operations in document["paths"].items() for method in operations
            if method in ("get", "post", "put", "delete", "patch")} == {
        ("post", "/v1/audios/generations"), ("get", "/v1/tasks"), ("get", "/v1/tasks/{id}"), ("get", "/v1/tasks/{id}/events"),
        ("get", "/openapi.json"), ("get", "/livez"), ("get", "/readyz")}


def test_operations_have_names_of_their_own_and_references_lead_somewhere(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operations in document["paths"].values() for operation in operations.values()]
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


def test_every_answer_of_this_run_is_as_documented(world: World, document: dict[str, Any]) -> None:
    world.ended(world.submit())
    world.api.get("/v1/tasks")
    world.post(body={})

    complaints = [text for item in recorder.items for text in Document(document).complaints(item)]

    assert sorted(set(complaints)) == []


def test_the_check_finds_an_answer_that_is_not_as_documented(world: World, document: dict[str, Any]) -> None:
    answer = world.api.get("/v1/tasks?limit=1")
    wrong = Recorded("GET", "/v1/tasks", type(answer)(answer.status, answer.headers, b'{"data":[{"id":7}],"more":1}'))

    assert len(Document(document).complaints(wrong)) >= 3
