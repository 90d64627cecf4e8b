"""Why a node runs: the difference of two actions' manifests, line by line and by name."""

from __future__ import annotations

import json

_DECODER = json.JSONDecoder()


def differences(before: str | None, after: str) -> tuple[str, ...]:
    """What changed between two manifests, in words; empty when they are equal."""
    if before is None:
        return ("first time here",)
    old, new = _parsed(before), _parsed(after)
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(_words(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))


def _parsed(manifest: str) -> dict[tuple[str, str], str]:
    rows: dict[tuple[str, str], str] = {}
    for line in manifest.split("\n")[1:-1]:
        kind, _, rest = line.partition(" ")
        name, end = _DECODER.raw_decode(rest)
        if kind == "implementation":
            name, value = name.partition(" ")[0], name.partition(" ")[2]
        else:
            value = rest[end + 1 :]
        rows[kind, name] = value
    return rows


def _words(key: tuple[str, str], old: str | None, new: str | None) -> str:
    kind, name = key
    if old is None:
        return f"{kind} {name} added"
    if new is None:
        return f"{kind} {name} removed"
    if kind == "param":
        return _param(name, json.loads(old), json.loads(new))
    if kind == "implementation":
        return f"{name} {old} -> {new}"
    return f"{kind} {name} changed"


def _param(name: str, old: str, new: str) -> str:
    """The values; of two mappings, what differs by key."""
    try:
        before, after = json.loads(old), json.loads(new)
    except ValueError:
        before = after = None
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return f"param {name} {old} -> {new}"
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return "param " + ", ".join(f"{key} {before.get(key)} -> {after.get(key)}" for key in changed)
