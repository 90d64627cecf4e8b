"""Pickle's instructions one by one, with their arguments: what pickletools.genops does, but safe on large files."""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass

from .stream import Stream
from .symbols import Malformed, Opaque, Value

KEPT = 1 << 20
"""Bytes of a text or of an array that are kept, enough for names of columns and classes; more is skipped."""

_WHOLE = 64 << 20
"""Bytes of all longer texts of one pickle together that are kept still: a library's own format may be in one."""

_OPCODES = {ord(o.code): o for o in pickletools.opcodes}

# opcodes whose argument has its length in front: how many bytes the length takes, and whether it is text
_SIZED = {
    "BINBYTES": (4, False),
    "BINBYTES8": (8, False),
    "SHORT_BINBYTES": (1, False),
    "BYTEARRAY8": (8, False),
    "BINUNICODE": (4, True),
    "BINUNICODE8": (8, True),
    "SHORT_BINUNICODE": (1, True),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One instruction, its argument (None without one) and where it begins."""

    name: str
    argument: Value
    at: int


def operations(stream: Stream) -> Iterator[Operation]:
    """The instructions up to and with STOP, read as they are asked for: in between, the stream may be moved on."""
    room = _WHOLE
    while True:
        at = stream.tell()
        code = stream.read(1)
        if not code:
            raise Malformed("the file ends early", at)
        opcode = _OPCODES.get(code[0])
        if opcode is None:
            raise Malformed(f"byte {code[0]:#04x} begins no pickle instruction", at)
        argument = _argument(opcode, stream, at, room)
        if isinstance(argument, str | bytes) and len(argument) > KEPT:
            room -= len(argument)
        yield Operation(opcode.name, argument, at)
        if opcode.name == "STOP":
            return


def _argument(opcode: pickletools.OpcodeInfo, stream: Stream, at: int, room: int) -> Value:
    if opcode.name in _SIZED:
        width, text = _SIZED[opcode.name]
        return _sized(stream, width, text, room)
    if opcode.arg is None:
        return None
    try:
        value: Value = opcode.arg.reader(stream)  # type: ignore[arg-type]  # it only calls read and readline
    except (ValueError, OverflowError) as error:
        raise Malformed(f"a broken {opcode.name} instruction ({error})", at) from None
    return value


def _sized(stream: Stream, width: int, text: bool, room: int) -> Value:
    size = int.from_bytes(stream.exactly(width), "little")
    if size > max(KEPT, room):
        stream.skip(size)
        return Opaque(size)
    data = stream.exactly(size)
    if not text:
        return data
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Malformed("a text that is not UTF-8", stream.tell()) from None
