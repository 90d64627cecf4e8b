"""A manifest as data, and as the text of a file that every reader of YAML reads alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

Data = None | bool | int | float | str | Sequence["Data"] | Mapping[str, "Data"]
Manifest = Mapping[str, Data]
"""One object of a cluster."""

_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9 _./@=-]*")
# YAML 1.1, which Kubernetes' own reader follows, has more words for true and false than PyYAML knows
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def dump(manifest: Manifest) -> str:
    """The text of one file. Texts that any version of YAML would read as something else are quoted."""
    return yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=1 << 20)


def file_name(manifest: Manifest) -> str:
    """The file of an object: its kind, in words with - between."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", str(manifest.get("kind", "")))
    return f"{words.lower()}.yaml"


def lean(**fields: Data) -> dict[str, Data]:
    """The fields that hold something: neither null nor empty."""
    return {name: value for name, value in fields.items() if value not in (None, "", (), [], {})}


def data(value: object) -> Data:
    """A value out of deploy.yaml or of a YAML file as data; TypeError for what JSON has not."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(key): data(item) for key, item in value.items()}
        case list() | tuple():
            return [data(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no form as JSON data")


def at(value: Data, *path: str | int) -> Data:
    """What lies at a path; None where there is nothing."""
    for part in path:
        match value:
            case Mapping() if isinstance(part, str):
                value = value.get(part)
            case list() | tuple() if isinstance(part, int) and part < len(value):
                value = value[part]
            case _:
                return None
    return value


def each(value: Data, *path: str | int) -> Iterator[Mapping[str, Data]]:
    """The mappings in the list at a path."""
    found = at(value, *path)
    yield from (item for item in found if isinstance(item, Mapping)) if isinstance(found, list | tuple) else ()


def table(value: Data, *path: str | int) -> Mapping[str, Data]:
    """The mapping at a path; an empty one where there is none."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else {}


def listed(items: Iterable[Data]) -> list[Data]:
    """A list of data, of whatever narrower type its items are."""
    return list(items)


class _Dumper(yaml.SafeDumper):
    """SafeDumper without aliases, that quotes what is not plainly a text."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    block = "\n" in text.rstrip("\n")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else "|" if block else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(tuple, yaml.SafeDumper.represent_list)
