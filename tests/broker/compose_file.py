"""Reads the part of YAML that docker-compose.yml uses, and refuses the rest: no YAML package is needed.

Maps by two blanks, lists of scalars, flow lists and maps without nesting, anchors and merges on maps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_KEY = re.compile(r"^(?P<key><<|[\w.-]+):(?: (?P<rest>.*))?$")


def read(text: str) -> dict[str, Any]:
    """The document. Raises `ValueError` with the line for whatever it does not know."""
    lines = [
        (number, len(line) - len(line.lstrip()), line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.strip().startswith("#")
    ]
    anchors: dict[str, Any] = {}
    document, left = _map(lines, 0, anchors)
    if left:
        raise ValueError(f"line {left[0][0]}: indented otherwise than what is above it")
    return document


def _map(lines: list[Any], depth: int, anchors: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    found: dict[str, Any] = {}
    merged: Mapping[str, Any] = {}
    while lines and lines[0][1] == depth:
        number, _, line = lines[0]
        match = _KEY.match(line)
        if not match or match["key"] in found:
            raise ValueError(f"line {number}: not a key, or one that was there already")
        lines = lines[1:]
        rest, anchor = match["rest"] or "", None
        if rest.startswith("&"):
            anchor, _, rest = rest[1:].partition(" ")
        if rest:
            value = _scalar(rest, number, anchors)
        elif lines and lines[0][1] == depth + 2 and lines[0][2].startswith("- "):
            value = []
            while lines and lines[0][1] == depth + 2:
                value.append(_scalar(lines[0][2].removeprefix("- "), lines[0][0], anchors))
                lines = lines[1:]
        elif lines and lines[0][1] == depth + 2:
            value, lines = _map(lines, depth + 2, anchors)
        else:
            raise ValueError(f"line {number}: nothing stands here")
        if anchor:
            anchors[anchor] = value
        if match["key"] == "<<":
            merged = value
        else:
            found[match["key"]] = value
    return {**merged, **found}, lines


def _scalar(text: str, number: int, anchors: Mapping[str, Any]) -> Any:
    if text.startswith("*"):
        return anchors[text[1:]]
    if text.startswith('["'):
        return json.loads(text)
    if text.startswith("[") and text.endswith("]"):
        return [one.strip() for one in text[1:-1].split(",") if one.strip()]
    if text.startswith("{") and text.endswith("}"):
        pairs = (one.split(":", 1) for one in text[1:-1].split(",") if one.strip())
        return {key.strip(): value.strip() for key, value in pairs}
    if text.startswith('"'):
        return json.loads(text)
    if text in ("true", "false"):
        return text == "true"
    if " #" in text or ": " in text or text[0] in "'|>!&%@`{[]}":
        raise ValueError(f"line {number}: {text!r} needs quotes, or is not read here")
    return text
