"""Calls in model files that hold by their arguments: names off the list, or on it, that stand in one form alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .symbols import Malformed, Name, Value

CODEC = Name("_codecs", "encode")
"""By which pickle writes bytes in its protocols 0 to 2."""
PARTIAL = Name("functools", "partial")
CHECK = Name("sklearn.utils.validation", "check_array")
"""Boosters with categories hold `partial(check_array, dtype=..., ...)`, which no more than looks at what it is given.
The two names are on no list; the call of both is taken in this very form.
"""


def encoded(args: tuple[Value, ...]) -> bytes:
    """What the codec makes of its arguments; Malformed where pickle does not write such a call."""
    if len(args) != 2 or not isinstance(args[0], str) or args[1] != "latin1":
        raise Malformed("bytes in another encoding than pickle uses")
    return args[0].encode("latin-1", "replace")


def checks(maker: Name, args: tuple[Value, ...]) -> bool:
    """Whether a call gives a partial call that checks what it is given."""
    return maker == PARTIAL and args == (CHECK,)


def still_checks(state: Value) -> bool:
    """Whether it does so with this state too, with nothing before what it is given."""
    match state:
        case (func, (), dict() | None, None):
            return func == CHECK
    return False


def misused(maker: Name, args: tuple[Value, ...]) -> list[Name]:
    """Which of the two names make an object in another form."""
    return [name for name in (PARTIAL, CHECK) if any(isinstance(a, Name) and a == name for a in (maker, *args))]


_PARTIAL_NODE = ("PartialNode", PARTIAL.module, PARTIAL.name)
_CHECKING: Mapping[str, Mapping[str, object]] = {
    "func": {"__module__": CHECK.module, "__class__": CHECK.name, "__loader__": "FunctionNode"},
    "args": {"__module__": "builtins", "__class__": "tuple", "__loader__": "TupleNode", "content": []},
    "namespace": {"__module__": "builtins", "__class__": "str", "__loader__": "JsonNode", "content": "null"},
}
"""What the parts of that partial call are in a skops archive; besides them it has keywords."""

Node = Mapping[str, object]


def checking_nodes(nodes: Sequence[Node]) -> frozenset[int]:
    """Of all nodes of a skops archive those that make this partial call, and those that it calls, by Python's `id`.

    skops loads one object for all nodes of one `__id__`, the first of them, whatever the others say: so a part counts
    only where all nodes of its `__id__` say the same.
    """
    made = [n for n in nodes if (n.get("__loader__"), n.get("__module__"), n.get("__class__")) == _PARTIAL_NODE]
    same: dict[object, list[Node]] = {}
    for node in nodes if made else ():
        number = node.get("__id__")
        same.setdefault(number if isinstance(number, int) else None, []).append(node)
    found: set[int] = set()
    for node in made:
        parts = node.get("content")
        if isinstance(parts, dict) and all(_is(parts.get(key), said, same) for key, said in _CHECKING.items()):
            found |= {id(node), id(parts["func"])}
    return frozenset(found)


def _is(part: object, said: Node, same: Mapping[object, Sequence[Node]]) -> bool:
    """Whether a part, and each node that stands for the same object, says this and has no other content."""
    if not isinstance(part, dict) or not isinstance(part.get("__id__"), int):
        return False
    wanted = {"content": None, **said}
    return all({key: each.get(key) for key in wanted} == wanted for each in same[part["__id__"]])
