"""A skops archive, read as data: a zip with schema.json, which describes the object, and a member for each array."""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from shutil import copyfileobj
from typing import BinaryIO

from ..digest import CHUNK
from .calls import checking_nodes
from .npy import parse_npy
from .opcodes import KEPT
from .stream import LIMIT, TooLarge
from .symbols import Array, Dtype, Instance, Malformed, Mention, Name, Value

_SCHEMA = "schema.json"
_SCHEMA_LIMIT = 256 << 20

# every loader of skops that makes data; not MethodNode, PartialNode and OperatorFuncNode, which make something callable
# out of names that are each harmless, but for one partial call
_LOADERS_TEXT = (
    "DictNode DefaultDictNode ListNode SetNode TupleNode BytesNode BytearrayNode SliceNode FunctionNode TypeNode "
    "ConstructorFromReduceNode ObjectNode JsonNode NdArrayNode MaskedArrayNode DTypeNode RandomStateNode "
    "RandomGeneratorNode LossNode TreeNode SparseMatrixNode _DictWithDeprecatedKeysNode"
)
_LOADERS = frozenset(_LOADERS_TEXT.split())
_MODULE_KEYS = ("__module__", "module_path")
_CLASS_KEYS = ("__class__", "function")

Node = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """What an archive holds: its top object, and every name in it in order."""

    top: Value
    mentions: tuple[Mention, ...]


def read_archive(file: BinaryIO) -> Archived:
    """Read a skops file. Malformed: it is not one, is broken, or uses a loader that makes more than data."""
    with opened_archive(file) as archive:
        root = schema_of(archive)
        mentions = tuple(_mentions(root))
        return Archived(top=_value(root, archive, 0), mentions=mentions)


def opened_archive(file: BinaryIO) -> zipfile.ZipFile:
    """The zip, whose members have distinct names; Malformed when it is not one, TooLarge for a bomb."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Malformed(f"it is no readable zip archive ({error})") from None
    names = archive.namelist()
    if len(set(names)) != len(names) or _SCHEMA not in names:
        raise Malformed("it is a zip archive, but not one that skops wrote")
    if sum(info.file_size for info in archive.infolist()) > LIMIT:
        raise TooLarge
    return archive


def member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A member's bytes; Malformed when they are more than `limit`, missing or broken."""
    try:
        with archive.open(name) as file:
            data = file.read(limit + 1)
    except (KeyError, zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        raise Malformed(f"its member {name} is missing or broken") from None
    except (zlib.error, lzma.LZMAError) as error:
        raise Malformed(f"its member {name} cannot be decompressed ({error})") from None
    if len(data) > limit:
        raise Malformed(f"its member {name} is larger than {limit} bytes")
    return data


def schema_of(archive: zipfile.ZipFile) -> Node:
    """schema.json as parsed; Malformed when it is not what skops writes."""
    try:
        root = json.loads(member(archive, _SCHEMA, _SCHEMA_LIMIT))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"its schema.json cannot be read ({error})") from None
    if not isinstance(root, dict) or "__loader__" not in root:
        raise Malformed("its schema.json describes no object")
    return root


def nodes(value: object) -> Iterator[Node]:
    """Every object node below `value`, parents first and in the file's order; not recursive, files may be deep."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            if "__loader__" in current or "__module__" in current or "module_path" in current:
                yield current
            pending.extend(reversed(list(current.values())))
        elif isinstance(current, list):
            pending.extend(reversed(current))


def _mentions(root: Node) -> Iterator[Mention]:
    listed = [*nodes(root)]
    checking = checking_nodes(listed)
    for node in listed:
        loader, settled = node.get("__loader__"), id(node) in checking
        if loader is not None and loader not in _LOADERS and not settled:
            raise Malformed(f"it uses the loader {str(loader)[:60]}, which can make more than data")
        module = next((node[k] for k in _MODULE_KEYS if k in node), None)
        name = next((node[k] for k in _CLASS_KEYS if k in node), None)
        if not isinstance(module, str) or not isinstance(name, str):
            raise Malformed("its schema.json has an object without a class")
        if loader != "JsonNode" or (module, name) != ("builtins", "str"):
            yield Mention(name=Name(module, name), at=0, member=_SCHEMA, settled=settled)


_DEEPEST = 200


def _value(node: object, archive: zipfile.ZipFile, depth: int) -> Value:
    """A node as the symbols that a pickle would give; what is nested beyond reason becomes None."""
    if not isinstance(node, dict) or depth > _DEEPEST:
        return None
    content = node.get("content")
    match node.get("__loader__"):
        case "JsonNode":
            return _json(content)
        case "ListNode" | "TupleNode" | "SetNode":
            items = [_value(c, archive, depth + 1) for c in content] if isinstance(content, list) else []
            return tuple(items) if node["__loader__"] == "TupleNode" else items
        case "DictNode":
            pairs = content.items() if isinstance(content, dict) else ()
            return {str(k): _value(v, archive, depth + 1) for k, v in pairs}
        case "NdArrayNode":
            return _array(node, archive, depth)
        case "TypeNode" | "FunctionNode":
            return Name(str(node.get("__module__")), str(node.get("__class__")))
    made = Instance(Name(str(node.get("__module__")), str(node.get("__class__"))), ())
    made.set_state(_value(content, archive, depth + 1))
    return made


def _json(content: object) -> Value:
    try:
        value: Value = json.loads(content) if isinstance(content, str) else None
    except (ValueError, RecursionError):
        raise Malformed("its schema.json has a constant that cannot be read") from None
    return value


def _array(node: Node, archive: zipfile.ZipFile, depth: int) -> Value:
    if node.get("type") == "numpy":
        name = node.get("file")
        info = archive.NameToInfo.get(name) if isinstance(name, str) else None
        if info is None or not isinstance(name, str):
            raise Malformed("its schema.json names an array that is not in the archive")
        if info.file_size > KEPT:
            return None
        return parse_npy(member(archive, name, KEPT))
    content = node.get("content")
    items = tuple(_value(c, archive, depth + 1) for c in content) if isinstance(content, list) else ()
    return Array(Dtype(order="|", kind="O", size=8, objects=True), (len(items),), items=items)


def normalise(source: BinaryIO, target: BinaryIO) -> None:
    """Write the same archive, whatever the time and the memory addresses of the process that first wrote it.

    skops names arrays and marks objects by their addresses. Constants that are equal count as one object, since it
    depends on how they came to be whether they share an address; they cannot change, so nothing can tell.
    Malformed when `source` is no skops file.
    """
    with opened_archive(source) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as written:
        root = schema_of(archive)
        for old, new in _renumber(root).items():
            _copy(archive, old, written, new)
        written.writestr(_info(_SCHEMA), json.dumps(root, indent=2))


def _copy(archive: zipfile.ZipFile, old: str, written: zipfile.ZipFile, new: str) -> None:
    try:
        info = _info(new)
        info.file_size = archive.getinfo(old).file_size
        with archive.open(old) as source, written.open(info, "w") as target:
            copyfileobj(source, target, CHUNK)
    except (KeyError, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile):
        raise Malformed(f"its member {old} is missing or broken") from None
    except (zlib.error, lzma.LZMAError) as error:
        raise Malformed(f"its member {old} cannot be decompressed ({error})") from None


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o600 << 16
    info.create_system = 3
    return info


def _renumber(root: Node) -> dict[str, str]:
    """Number objects and arrays in place by first appearance; the arrays' old names to their new ones."""
    numbers: dict[tuple[object, ...], int] = {}
    files: dict[str, str] = {}
    for node in nodes(root):
        if "__id__" in node:
            node["__id__"] = numbers.setdefault(_identity(node), len(numbers))
        name = node.get("file")
        if isinstance(name, str):
            node["file"] = files.setdefault(name, f"{len(files):06}.{name.rpartition('.')[2]}")
    return files


def _identity(node: Node) -> tuple[object, ...]:
    match node.get("__loader__"):
        case "JsonNode":
            return ("constant", str(node.get("content")))
        case "TypeNode":
            return ("type", str(node.get("__module__")), str(node.get("__class__")))
    return ("object", str(node.get("__id__")))
