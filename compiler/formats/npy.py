"""Numpy's arrays and dtypes as data, without numpy."""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from math import prod

from ..model_spec import Label
from .symbols import Array, Dtype, Instance, Malformed, Name, Value

_PLAIN = re.compile(r"([<>=|]?)(?:([?])|([biufcSUVOmM])(\d+)|(O))")
_SIZES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8, 12, 16), "c": (8, 16, 24, 32), "O": (4, 8)}
_FORMATS = {"b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q"}
_FORMATS |= {"f4": "f", "f8": "d"}

DTYPE = Name("numpy", "dtype")
_RECONSTRUCT = frozenset({"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"})
_FROM_BUFFER = frozenset({"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"})


def parse_dtype(text: str) -> Dtype:
    """A dtype as numpy writes it, such as "<f8", "U3" or "O"; Malformed when it is another one."""
    match = _PLAIN.fullmatch(text)
    if match is None:
        raise Malformed(f"an array of a dtype that cannot be read, `{text[:40]}`")
    order, boolean, kind, digits, bare = match.groups()
    kind = "b" if boolean else kind or bare
    count = int(digits) if digits else 8 if bare else 1
    if (kind == "b" and count != 1) or count not in _SIZES.get(kind, (count,)) or (kind in "mM" and count != 8):
        raise Malformed(f"an array of a dtype that does not exist, `{text[:40]}`")
    return Dtype(order=order or "|", kind=kind, size=count * 4 if kind == "U" else count, objects=kind == "O")


def recorded_dtype(value: Value) -> Dtype:
    """The dtype that a pickle describes; Malformed where numpy might see another size than is seen here.

    A dtype's state can override the size and the flags that its own text gives. An array's size decides where the next
    instruction of a joblib file lies, so whatever is not the plain, consistent form is refused.
    """
    if not isinstance(value, Instance) or value.maker != DTYPE or not value.args or not isinstance(value.args[0], str):
        raise Malformed("an array whose dtype cannot be read")
    plain = parse_dtype(value.args[0])
    state = value.setting
    if state is None and not value.state:
        return plain
    if not isinstance(state, tuple) or len(state) not in (8, 9):
        raise Malformed("an array whose dtype is described in an unknown form")
    order, inner, size, flags = state[1], state[2], state[5], state[7]
    stated = plain.size if plain.kind in "SUV" else -1
    if order not in ("<", ">", "|", "=") or inner is not None or size != stated or type(flags) is not int:
        raise Malformed("an array whose dtype contradicts itself")
    objects = bool(flags & 1)
    if objects != plain.objects and plain.kind != "V":
        raise Malformed("an array whose dtype contradicts itself")
    return Dtype(order=str(order), kind=plain.kind, size=plain.size, objects=objects)


def recorded_shape(value: Value) -> tuple[int, ...]:
    """A shape of plain numbers, none negative; Malformed otherwise."""
    sizes = value if isinstance(value, tuple) else None
    if sizes is None or not all(type(n) is int and n >= 0 for n in sizes):
        raise Malformed("an array whose shape is not a tuple of numbers")
    return tuple(n for n in sizes if isinstance(n, int))


def as_array(value: Value) -> Array | None:
    """The array that a pickle describes in one of numpy's own two ways, or an Array as it is; None for all else."""
    if isinstance(value, Array):
        return value
    if not isinstance(value, Instance):
        return None
    try:
        if str(value.maker) in _RECONSTRUCT and isinstance(value.setting, tuple) and len(value.setting) == 5:
            _, shape, dtype, _, content = value.setting
            return _array(shape, dtype, content)
        if str(value.maker) in _FROM_BUFFER and len(value.args) == 4:
            content, dtype, shape, _ = value.args
            return _array(shape, dtype, content)
    except Malformed:
        return None
    return None


def _array(shape: Value, dtype: Value, content: Value) -> Array:
    items = tuple(content) if isinstance(content, list) else None
    raw = content if isinstance(content, bytes) else b""
    return Array(recorded_dtype(dtype), recorded_shape(shape), raw, items)


def labels(array: Array | None) -> tuple[Label, ...]:
    """The elements of an array of one dimension as Python values; empty when they cannot be told."""
    if array is None or len(array.shape) != 1:
        return ()
    if array.items is not None:
        plain = tuple(_scalar(item) for item in array.items)
        return tuple(i for i in plain if isinstance(i, (str, int, float))) if None not in plain else ()
    if len(array.raw) != prod(array.shape) * array.dtype.size:
        return ()
    return tuple(_elements(array.raw, array.dtype))


def _elements(raw: bytes, dtype: Dtype) -> Iterator[Label]:
    """Numbers, booleans and texts; nothing for other kinds."""
    order = ">" if dtype.order == ">" else "<"
    if dtype.kind == "U":
        codec = "utf-32-be" if order == ">" else "utf-32-le"
        chunks = (raw[i : i + dtype.size] for i in range(0, len(raw), dtype.size or 1))
        yield from (chunk.decode(codec, "replace").rstrip("\0") for chunk in chunks)
    elif letter := _FORMATS.get(f"{dtype.kind}{dtype.size}"):
        for (element,) in struct.iter_unpack(order + letter, raw):
            yield element


def _scalar(value: Value) -> Label | None:
    """A constant, or the numpy scalar that a pickle describes; None for all else."""
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Instance) and value.maker.name == "scalar" and len(value.args) == 2:
        dtype, raw = value.args
        try:
            known = recorded_dtype(dtype)
        except Malformed:
            return None
        if isinstance(raw, bytes) and len(raw) == known.size:
            return next(_elements(raw, known), None)
    return None


def number(value: Value) -> int | None:
    """A whole number, also where it was saved as a numpy scalar."""
    found = _scalar(value)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def parse_npy(data: bytes) -> Array:
    """An array in numpy's own file format; Malformed when it is not one."""
    if data[:6] != b"\x93NUMPY" or len(data) < 12:
        raise Malformed("not an array in numpy's format")
    width = 2 if data[6] == 1 else 4
    start = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    try:
        header = ast.literal_eval(data[8 + width : min(start, 10_000)].decode("latin-1").strip())
        shape, descr = header["shape"], header["descr"]
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
        raise Malformed("an array whose header cannot be read") from None
    if not isinstance(descr, str):
        return Array(Dtype(order="|", kind="V", size=0, objects=False), recorded_shape(shape))
    dtype = parse_dtype(descr)
    if dtype.objects:
        raise Malformed("an array of pickled objects inside an archive")
    return Array(dtype, recorded_shape(shape), data[start:])
