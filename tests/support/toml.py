"""Writes what Python's tomllib reads: enough TOML for a configuration."""
from __future__ import annotations

import copy
import json
from typing import Any, Mapping


def _value(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, (int, float)):
        return str(item)
    if isinstance(item, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in item.items() if value is not None) + " }"
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(_value(value) for value in item) + "]"
    return json.dumps(str(item), ensure_ascii=False)


def render(sections: Mapping[str, Any]) -> str:
    """Sections are mappings, or lists of mappings for arrays of tables. A key whose value is None is left out."""
    lines: list[str] = []
    for name, section in sections.items():
        tables = section if isinstance(section, list) else [section]
        for table in tables:
            lines.append(f"[[{name}]]" if isinstance(section, list) else f"[{name}]")
            lines += [f"{key} = {_value(value)}" for key, value in table.items() if value is not None]
            lines.append("")
    return "\n".join(lines)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `changes` replaced, section by section; lists are replaced whole."""
    result: dict[str, Any] = copy.deepcopy(dict(base))
    for name, section in changes.items():
        if isinstance(section, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = {**result[name], **section}
        else:
            result[name] = copy.deepcopy(section)
    return result
