"""Images of requests, PNG or JPEG files, and the arrays that are made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO

import numpy as np
from msgspec import Struct
from msgspec.structs import astuple
from numpy.typing import DTypeLike, NDArray
from PIL.Image import Image as Opened
from PIL.Image import Resampling
from PIL.Image import open as open_image

from .problems import Rejected

FORMATS = ("PNG", "JPEG")
MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"})
"""How an image may hold its pixels: not with 16 bits a channel, which would be cut."""
MAX_PIXELS = 25_000_000
"""All images of one request may have that many, as their heads say before a pixel is read."""

MODE = "RGB"
SIZE = (224, 224)
"""The model's width and height."""
SHAPE: list[int] = [224, 224, 3]
CHANNELS_FIRST = False
RESIZE: Resampling | None = None
"""How images of another size are brought to the model's; None refuses them."""
FULL = 1
"""What all values are divided by."""
SCALES: list[tuple[float, float]] = []
"""What is then taken from each channel's values, and what they are divided by; none where they stay as they are."""
BOUNDS: tuple[float | None, float | None] = (None, None)
"""The lowest and the highest value that the model's array may have."""

LEVELS = np.array([[(level / FULL - mean) / deviation for level in range(256)] for mean, deviation in SCALES])
"""By channel, what each of an image's values becomes."""


class Image(Struct, frozen=True, dict=True):
    """A PNG or JPEG file, from which the array is made."""

    b64: bytes

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[np.generic]:
        return np.array(self.pixels, dtype) if copy else np.asarray(self.pixels, dtype)

    @cached_property
    def pixels(self) -> NDArray[np.generic]:
        """The array; ValueError where the model cannot be given one of this image."""
        image = opened(self.b64)
        try:
            image = image.convert(MODE)
            values: NDArray[np.generic] = np.asarray(image if image.size == SIZE else image.resize(SIZE, RESIZE))
        except Exception:  # what is wrong in a file may raise anything
            raise ValueError("the image is damaged") from None
        if SCALES:
            values = LEVELS[np.arange(len(SCALES)), values]
        _check_bounds(values)
        return (np.moveaxis(values, -1, 0) if CHANNELS_FIRST and values.ndim > 2 else values).reshape(SHAPE)


def opened(file: bytes) -> Opened:
    """The image, of which nothing but its head has been read; ValueError where that is not what the model takes."""
    try:
        image: Opened = open_image(BytesIO(file), formats=FORMATS)
    except Exception:  # as above
        raise ValueError(f"this is no {' or '.join(FORMATS)} image") from None
    if image.mode not in MODES:
        raise ValueError(f"an image whose pixels are of the kind {image.mode} is not taken")
    if RESIZE is None and image.size != SIZE:
        wanted, given = (" x ".join(map(str, size)) for size in (SIZE, image.size))
        raise ValueError(f"the model takes images of {wanted} pixels, and this one has {given}")
    return image


def read_images(rows: Sequence[Struct], fields: Sequence[str]) -> None:
    """Read the images that rows have in the place of their arrays; Rejected names the place of one that is none.

    `fields` has the place of each row's array or image.
    """
    values = zip((value for row in rows for value in astuple(row)), fields, strict=True)
    images = [(value, field) for value, field in values if isinstance(value, Image)]
    pixels = 0
    for image, field in images:
        with _refusing(field):
            head = opened(image.b64)
        pixels += head.width * head.height
        if pixels > MAX_PIXELS:
            raise _refused(f"a request's images may have {MAX_PIXELS} pixels, and with this one it has more", field)
    for image, field in images:
        with _refusing(field):
            _ = image.pixels


@contextmanager
def _refusing(field: str) -> Iterator[None]:
    """Tells the client of a ValueError, and that it is about this place."""
    try:
        yield
    except ValueError as error:
        raise _refused(str(error), field) from None


def _check_bounds(values: NDArray[np.generic]) -> None:
    """ValueError where some are out of the model's bounds."""
    low, high = BOUNDS
    if low is not None and values.min() < low:
        raise ValueError(f"an image's values have to be >= {low:g}")
    if high is not None and values.max() > high:
        raise ValueError(f"an image's values have to be <= {high:g}")


def _refused(why: str, field: str) -> Rejected:
    return Rejected(422, "invalid-row", why, field)
