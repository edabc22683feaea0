"""Holds recorded answers against an OpenAPI 3.1 document: as much of JSON Schema as such documents use."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .http import Response

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "null": (type(None),)}
_KNOWN = {"$ref", "type", "enum", "const", "required", "properties", "additionalProperties", "items", "pattern", "minLength",
          "maxLength", "minimum", "maximum", "anyOf", "oneOf", "allOf", "default", "description", "title", "format",
          "examples", "example", "minItems", "maxItems"}


@dataclass(frozen=True)
class Recorded:
    method: str
    path: str
    response: Response


class Recorder:
    """Every exchange with the api listener during the run, and with the ops listener's /ops/v1."""

    def __init__(self) -> None:
        self.items: list[Recorded] = []

    def record(self, method: str, path: str, response: Response) -> None:
        self.items.append(Recorded(method, path.split("?")[0], response))

    def record_operations(self, method: str, path: str, response: Response) -> None:
        if path.startswith("/ops/v1"):
            self.record(method, path, response)


recorder = Recorder()


class Document:
    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root

    def resolve(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The operation that serves a path; templates match one segment, and literal paths win."""
        fitting = [template for template in self.root["paths"]
                   if re.fullmatch(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(template)), path)]
        for template in sorted(fitting, key=lambda text: text.count("{")):
            return self.root["paths"][template].get(method.lower())
        return None

    def complaints(self, item: Recorded) -> list[str]:
        """What in an exchange contradicts the document."""
        where = f"{item.method} {item.path} → {item.response.status}"
        operation = self.operation("GET" if item.method == "HEAD" else item.method, item.path)
        if operation is None:
            # What the document does not list must be refused.
            return [] if item.response.status in (400, 401, 403, 404, 405) else [f"{where}: is not in the document"]
        described = self.resolve(operation["responses"].get(str(item.response.status)))
        if described is None:
            return [f"{where}: this status is not in the document"]
        content = described.get("content", {})
        if not item.response.body:
            return []
        if item.response.media_type not in content:
            return [f"{where}: {item.response.media_type} is not in the document"]
        if not item.response.media_type.endswith("json"):
            return []
        return [f"{where}: {text}" for text in self.violations(item.response.json(), content[item.response.media_type]["schema"])]

    def violations(self, value: Any, schema: Any, path: str = "$") -> list[str]:
        schema = self.resolve(schema)
        if schema is True or schema == {}:
            return []
        found = [f"{path}: the schema has {key}, which this reader does not know" for key in schema.keys() - _KNOWN]
        found += self._scalar(value, schema, path)
        if isinstance(value, dict):
            found += self._object(value, schema, path)
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                found += self.violations(item, schema["items"], f"{path}[{index}]")
        for part in schema.get("allOf", []):
            found += self.violations(value, part, path)
        for word in ("anyOf", "oneOf"):
            if word in schema and not any(not self.violations(value, part, path) for part in schema[word]):
                found.append(f"{path}: fits none of {word}")
        return found

    def _scalar(self, value: Any, schema: dict[str, Any], path: str) -> list[str]:
        found: list[str] = []
        if "type" in schema:
            names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            fits = any(isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool)) for name in names)
            if not fits:
                return [f"{path}: is {value!r}, not {' or '.join(names)}"]
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{path}: {value!r} is none of {schema['enum']}")
        if "const" in schema and value != schema["const"]:
            found.append(f"{path}: {value!r} is not {schema['const']!r}")
        if isinstance(value, str):
            if "pattern" in schema and not re.search(schema["pattern"], value):
                found.append(f"{path}: {value!r} does not match {schema['pattern']}")
            if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
                found.append(f"{path}: {len(value)} characters")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
                found.append(f"{path}: {value} is out of range")
        return found

    def _object(self, value: dict[str, Any], schema: dict[str, Any], path: str) -> list[str]:
        found = [f"{path}: lacks {name}" for name in schema.get("required", []) if name not in value]
        properties = schema.get("properties", {})
        for name, item in value.items():
            if name in properties:
                found += self.violations(item, properties[name], f"{path}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{path}: has {name}, which is not in the document")
            elif isinstance(schema.get("additionalProperties"), dict):
                found += self.violations(item, schema["additionalProperties"], f"{path}.{name}")
        return found
