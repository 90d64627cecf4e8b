"""A walk over a pickle that keeps its stack and memo as symbols: what loading would make, without making it.

It also follows joblib, which puts an array's raw bytes between two instructions. Wherever two readers could disagree on
where an instruction begins, the file is refused, since a forged file would show one face here and another when loaded.
"""

from __future__ import annotations

import _compat_pickle
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from math import prod

from . import calls
from .npy import recorded_dtype, recorded_shape
from .opcodes import KEPT, Operation, operations
from .stream import Stream
from .symbols import Array, Instance, Malformed, Mention, Name, Value

WRAPPER = Name("joblib.numpy_pickle", "NumpyArrayWrapper")
_PROTOCOLS = (b"\x02", b"\x03", b"\x04", b"\x05")
_DEEPEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickled:
    """What one pickle holds: its top object, every name in it in order, and whether only joblib can load it."""

    top: Value
    mentions: tuple[Mention, ...]
    arrays: bool


def walk(stream: Stream) -> Pickled:
    """Read one pickle, plain or joblib's. Malformed: it is broken, or does what no honest pickle of a model does."""
    walker = _Walker(stream)
    try:
        top = walker.run()
    except Malformed as error:
        raise Malformed(str(error), error.at, tuple(walker.mentions)) from None
    return Pickled(top=top, mentions=tuple(walker.mentions), arrays=walker.arrays)


@dataclass(slots=True)
class _Walker:
    stream: Stream
    mentions: list[Mention] = field(default_factory=list)
    inner: bool = False
    """Whether this is a pickle inside joblib's: there the wrapper has no special meaning, so it may not stand."""
    arrays: bool = False
    protocol: int = 0
    frame_end: int = 0
    stack: list[Value] = field(default_factory=list)
    marked: list[list[Value]] = field(default_factory=list)
    memo: dict[int, Value] = field(default_factory=dict)
    depth: int = 0
    """How many byte strings this pickle is inside of."""
    awaited: tuple[str, ...] = ()
    """Instructions that need to come next, once joblib's wrapper was named."""

    def run(self) -> Value:
        for operation in operations(self.stream):
            try:
                self.step(operation)
            except IndexError:
                raise Malformed("an instruction that needs more than there is on the stack", operation.at) from None
            except Malformed as error:
                raise error if error.at is not None else Malformed(str(error), operation.at) from None
        # an unpickler takes a frame as a whole: what follows STOP in it would be swallowed there and read again here
        if self.inner and self.stream.tell() < self.frame_end:
            raise Malformed("a frame that goes on behind its pickle's end", self.stream.tell())
        return self.stack[-1] if self.stack else None

    def step(self, operation: Operation) -> None:
        name = operation.name
        if self.awaited and name not in _MEMOIZING:
            if name != self.awaited[0]:
                raise Malformed("joblib's array wrapper is used in a way that joblib never writes")
            self.awaited = self.awaited[1:]
        if name in _CONSTANTS:
            self.look_inside(operation)
            self.push(operation.argument)
        elif name in _FIXED:
            self.push(_FIXED[name]())
        elif name in _TUPLES:
            self.stack[-_TUPLES[name] :] = [tuple(self.popped(_TUPLES[name]))]
        elif name in _STEPS:
            _STEPS[name](self, operation)
        else:
            raise Malformed(f"the instruction {name}, which no model file needs")

    def look_inside(self, operation: Operation) -> None:
        """Count the names of a pickle that is kept as bytes as this one's, for whatever might load it later."""
        data = operation.argument
        if not isinstance(data, bytes) or data[:1] != b"\x80" or data[1:2] not in _PROTOCOLS:
            return
        if self.depth == _DEEPEST:
            raise Malformed("pickles inside pickles, too deep to follow")
        within = _Walker(Stream(BytesIO(data)), depth=self.depth + 1)
        with suppress(Malformed):
            within.run()
            self.mentions += [Mention(name=m.name, at=operation.at) for m in within.mentions]

    def popped(self, count: int) -> list[Value]:
        """The last values, still on the stack."""
        if len(self.stack) < count:
            raise IndexError
        return self.stack[-count:]

    def push(self, value: Value) -> None:
        self.stack.append(value)

    def pop(self) -> Value:
        return self.stack.pop()

    def pop_mark(self) -> list[Value]:
        items = self.stack
        self.stack = self.marked.pop()
        return items

    def push_name(self, module: Value, name: Value, at: int) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise Malformed("a name that is only computed when it is loaded")
        if self.protocol < 3:
            module, name = _todays(module, name)
        found = Name(module, name)
        self.mentions.append(Mention(name=found, at=at))
        self.push_shared(found)

    def push_shared(self, value: Value) -> None:
        """Push what may be joblib's wrapper class, which only ever makes an empty object, filled once."""
        if isinstance(value, Instance) and value.maker == WRAPPER:
            raise Malformed("joblib's array wrapper is used twice")
        if value == WRAPPER:
            if self.inner or self.protocol < 2:
                raise Malformed("joblib's array wrapper where joblib does not write it")
            self.awaited = ("EMPTY_TUPLE", "NEWOBJ")
        self.stack.append(value)

    def make(self, maker: Value, args: Value, *, called: bool) -> Value:
        if not isinstance(maker, Name) or not isinstance(args, tuple):
            raise Malformed("it calls something that is not a named class or function")
        if called and maker == calls.CODEC:
            return calls.encoded(args)
        if called and calls.checks(maker, args):
            self.pass_over(calls.CHECK, calls.PARTIAL)
        else:
            self.object_to(*calls.misused(maker, args))
        return Instance(maker, args, called)

    def pass_over(self, *names: Name) -> None:
        """Forget that these were named just now."""
        for name in names:
            if self.mentions and self.mentions[-1].name == name:
                self.mentions.pop()

    def object_to(self, *names: Name) -> None:
        """Note names again that were passed over elsewhere."""
        self.mentions += [Mention(name=name, at=self.stream.tell()) for name in names]

    def read_array(self, wrapper: Instance) -> Value:
        """The array whose bytes follow; the stream stands behind them afterwards."""
        if self.stream.tell() < self.frame_end:
            raise Malformed("an array's bytes inside a frame")
        self.arrays = True
        state = wrapper.state
        dtype, shape = recorded_dtype(state.get("dtype")), recorded_shape(state.get("shape"))
        if dtype.objects:
            return _Walker(self.stream, self.mentions, inner=True).run()
        self.skip_padding(state.get("numpy_array_alignment_bytes"))
        size = prod(shape) * dtype.size
        if size > KEPT:
            self.stream.skip(size)
            return Array(dtype, shape)
        return Array(dtype, shape, self.stream.exactly(size))

    def skip_padding(self, alignment: Value) -> None:
        if alignment is None:
            return
        if type(alignment) is not int:
            raise Malformed("an array whose alignment is no number")
        self.stream.skip(self.stream.exactly(1)[0])


def _todays(module: str, name: str) -> tuple[str, str]:
    """Python 2's names as today's, as pickle maps them in protocols 0 to 2."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[(module, name)]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


def _append(walker: _Walker, items: list[Value]) -> None:
    target = walker.popped(1)[0]
    if isinstance(target, list):
        target.extend(items)
    elif isinstance(target, set):
        target.update(item for item in items if _hashable(item))
    elif not isinstance(target, Instance):
        raise Malformed("it adds items to what holds none")


def _set_items(walker: _Walker, items: list[Value]) -> None:
    target = walker.popped(1)[0]
    if isinstance(target, dict):
        target.update((k, v) for k, v in zip(items[::2], items[1::2], strict=False) if _hashable(k))
    elif not isinstance(target, Instance):
        raise Malformed("it sets items of what holds none")


def _hashable(value: Value) -> bool:
    """Symbols are hashed by identity at most: a tuple may hold a list, or itself."""
    return isinstance(value, Hashable) and not isinstance(value, (tuple, frozenset))


def _build(walker: _Walker, _: Operation) -> None:
    state, target = walker.pop(), walker.popped(1)[0]
    if not isinstance(target, Instance):
        # on a class this would replace its methods
        raise Malformed("it sets the state of what is not an object")
    target.set_state(state)
    if target.maker == calls.PARTIAL and not calls.still_checks(state):
        walker.object_to(calls.PARTIAL)
    if target.maker == WRAPPER:
        if not isinstance(state, dict) or not set(state) <= _WRAPPER_STATE:
            raise Malformed("joblib's array wrapper in an unknown form")
        walker.stack[-1] = walker.read_array(target)


def _new(walker: _Walker, operation: Operation) -> None:
    if operation.name == "NEWOBJ_EX":
        walker.pop()
    args, maker = walker.pop(), walker.pop()
    walker.push(walker.make(maker, args, called=operation.name == "REDUCE"))


def _obj(walker: _Walker, _: Operation) -> None:
    maker, *args = walker.pop_mark()
    walker.push(walker.make(maker, tuple(args), called=True))


def _inst(walker: _Walker, operation: Operation) -> None:
    module, _, name = str(operation.argument).partition(" ")
    args = tuple(walker.pop_mark())
    walker.push_name(module, name, operation.at)
    walker.push(walker.make(walker.pop(), args, called=True))


def _global(walker: _Walker, operation: Operation) -> None:
    module, _, name = str(operation.argument).partition(" ")
    walker.push_name(module, name, operation.at)


def _stack_global(walker: _Walker, operation: Operation) -> None:
    name, module = walker.pop(), walker.pop()
    walker.push_name(module, name, operation.at)


def _put(walker: _Walker, operation: Operation) -> None:
    index = operation.argument
    walker.memo[index if isinstance(index, int) else len(walker.memo)] = walker.popped(1)[0]


def _get(walker: _Walker, operation: Operation) -> None:
    index = operation.argument
    if not isinstance(index, int) or index not in walker.memo:
        raise Malformed(f"a reference to memo {index}, which was never set")
    walker.push_shared(walker.memo[index])


def _mark(walker: _Walker, _: Operation) -> None:
    walker.marked.append(walker.stack)
    walker.stack = []


def _pop(walker: _Walker, _: Operation) -> None:
    if walker.stack:
        walker.pop()
    else:
        walker.pop_mark()


def _pop_mark(walker: _Walker, _: Operation) -> None:
    walker.pop_mark()


def _dict(walker: _Walker, _: Operation) -> None:
    items = walker.pop_mark()
    walker.push({})
    _set_items(walker, items)


def _one_item(walker: _Walker, operation: Operation) -> None:
    if operation.name == "APPEND":
        _append(walker, [walker.pop()])
    else:
        value, key = walker.pop(), walker.pop()
        _set_items(walker, [key, value])


def _frame(walker: _Walker, operation: Operation) -> None:
    start = walker.stream.tell()
    if start < walker.frame_end:
        raise Malformed("a frame inside a frame")
    walker.frame_end = start + int(str(operation.argument))


def _proto(walker: _Walker, operation: Operation) -> None:
    walker.protocol = int(str(operation.argument))
    if walker.protocol > 5:
        raise Malformed(f"protocol {walker.protocol}, which does not exist")


def _nothing(walker: _Walker, _: Operation) -> None:
    pass


_WRAPPER_STATE = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
_MEMOIZING = frozenset({"MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"})
_CONSTANTS_TEXT = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES "
    "BINBYTES8 BYTEARRAY8 UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 FLOAT BINFLOAT NONE"
)
_CONSTANTS = frozenset(_CONSTANTS_TEXT.split())
_FIXED: dict[str, Callable[[], Value]] = {
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_STEPS: dict[str, Callable[[_Walker, Operation], None]] = {
    "MARK": _mark,
    "POP": _pop,
    "POP_MARK": _pop_mark,
    "DUP": lambda walker, _: walker.push_shared(walker.popped(1)[0]),
    "TUPLE": lambda walker, _: walker.push(tuple(walker.pop_mark())),
    "LIST": lambda walker, _: walker.push(list(walker.pop_mark())),
    "FROZENSET": lambda walker, _: walker.push(frozenset(filter(_hashable, walker.pop_mark()))),
    "DICT": _dict,
    "APPEND": _one_item,
    "SETITEM": _one_item,
    "APPENDS": lambda walker, _: _append(walker, walker.pop_mark()),
    "ADDITEMS": lambda walker, _: _append(walker, walker.pop_mark()),
    "SETITEMS": lambda walker, _: _set_items(walker, walker.pop_mark()),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _put),
    **dict.fromkeys(("NEWOBJ", "NEWOBJ_EX", "REDUCE"), _new),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "INST": _inst,
    "OBJ": _obj,
    "BUILD": _build,
    "PROTO": _proto,
    "FRAME": _frame,
    "STOP": _nothing,
}
