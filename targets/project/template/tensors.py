"""Tensors of the Open Inference Protocol, in JSON and in binary, as Python's own values and back.

See https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md for the latter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from math import nan, prod
from struct import Struct as Format
from struct import pack
from typing import Annotated, Any, Literal  # a tensor's values have the type that it says

import msgspec
from msgspec import Meta

from .problems import Rejected

Integer = Literal["UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"]
Datatype = Integer | Literal["BOOL", "FP16", "FP32", "FP64", "BYTES"]
FORMATS = {
    "BOOL": "?",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
}
"""The letters that the module `struct` has for the datatypes of a fixed size."""

BINARY = "binary_data_size"
# The column whose array may be given as an image.
PICTURED = "photo"
LENGTH_BYTES = 4
"""A text in binary has its length before it."""


class Tensor(msgspec.Struct):
    """A tensor of a request; its values are here, or in binary after the JSON."""

    name: str
    shape: list[Annotated[int, Meta(ge=0)]]
    datatype: Datatype
    parameters: dict[str, Any] = {}
    data: list[Any] | msgspec.UnsetType = msgspec.UNSET


def read(tensors: Sequence[Tensor], tail: bytes) -> list[list[object]]:
    """Each tensor's values, in the order of its rows; Rejected names the tensor that does not hold what it says."""
    found = []
    for tensor in tensors:
        size = tensor.parameters.get(BINARY)
        if size is None:
            found.append(_listed(tensor))
            continue
        if type(size) is not int or not 0 <= size <= len(tail):
            raise wrong(tensor.name, f"the body does not end with its {BINARY}")
        found.append(_unpacked(tensor, tail[:size]))
        tail = tail[size:]
    if tail:
        raise Rejected(400, "invalid-body", f"{len(tail)} bytes of the body belong to no tensor")
    return found


def wrong(name: str, why: str) -> Rejected:
    """What is said of a tensor."""
    return Rejected(400, "invalid-body", f"tensor `{name}`: {why}"[:300])


def packed(values: Sequence[object], datatype: str) -> bytes:
    """A tensor's values in binary; what is null is NaN."""
    if datatype == "BYTES":
        texts = [str(value).encode() for value in values]
        return b"".join(pack("<I", len(text)) + text for text in texts)
    return pack(f"<{len(values)}{FORMATS[datatype]}", *(nan if value is None else value for value in values))


def nested(values: list[object], shape: Sequence[int]) -> list[object]:
    """A tensor's values as a list of its rows, each in lists of lists of a shape; an empty shape is one value."""
    for size in reversed(shape):
        values = [values[start : start + size] for start in range(0, len(values), size)]
    return values


def _listed(tensor: Tensor) -> list[object]:
    if tensor.data is msgspec.UNSET:
        raise wrong(tensor.name, "it has no data")
    values = _flat(tensor, tensor.data)
    _check(tensor, len(values))
    try:
        elements: list[object] = msgspec.convert(values, ELEMENTS[tensor.datatype])
    except msgspec.ValidationError as error:
        raise wrong(tensor.name, str(error).replace("`$[", "`data[")) from None
    return elements


def _flat(tensor: Tensor, data: list[Any]) -> list[Any]:
    """Values that may be in lists of lists, which then have to be of the tensor's shape."""
    if not any(isinstance(value, list) for value in data):
        return data
    parts: list[Any] = [data]
    for size in tensor.shape:
        if not all(isinstance(part, list) and len(part) == size for part in parts):
            raise wrong(tensor.name, f"its data is not of the shape {tensor.shape}")
        parts = [*chain.from_iterable(parts)]
    return parts


def _check(tensor: Tensor, count: int) -> None:
    if count != prod(tensor.shape):
        raise wrong(tensor.name, f"it has {count} values, which is not what its shape {tensor.shape} says")


def _unpacked(tensor: Tensor, data: bytes) -> list[object]:
    if tensor.data is not msgspec.UNSET:
        raise wrong(tensor.name, "it has its data twice")
    if tensor.datatype == "BYTES":
        texts = [*_texts(tensor, data)]
        _check(tensor, len(texts))
        return [*texts]
    form = Format(f"<{FORMATS[tensor.datatype]}")
    if len(data) != form.size * prod(tensor.shape):
        raise wrong(tensor.name, f"it has {len(data)} bytes, which is not what its shape {tensor.shape} says")
    return [value for (value,) in form.iter_unpack(data)]


def _texts(tensor: Tensor, data: bytes) -> Iterator[str | bytes]:
    start = 0
    while start < len(data):
        length = int.from_bytes(data[start : start + LENGTH_BYTES], "little")
        start += LENGTH_BYTES + length
        if start > len(data):
            raise wrong(tensor.name, "a text of its data is cut short")
        text = data[start - length : start]
        if unencoded(tensor, text):
            yield text
            continue
        try:
            yield text.decode()
        except UnicodeDecodeError:
            raise wrong(tensor.name, "a text of its data is not UTF-8") from None


def unencoded(tensor: Tensor, text: bytes) -> bool:
    """Whether this is an image as it is, and not in base64."""
    return tensor.name == PICTURED and not text.isascii()


def _integers(bits: int, *, signed: bool) -> object:
    low = -(2 ** (bits - 1)) if signed else 0
    return list[Annotated[int, Meta(ge=low, le=low + 2**bits - 1)] | None]


ELEMENTS: dict[str, Any] = {
    "BOOL": list[bool | None],
    "BYTES": list[str | None],
    **dict.fromkeys(("FP16", "FP32", "FP64"), list[float | None]),
    **{f"INT{bits}": _integers(bits, signed=True) for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": _integers(bits, signed=False) for bits in (8, 16, 32, 64)},
}
"""What the values of a datatype are in JSON; null stands for one that is missing."""
