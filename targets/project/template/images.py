"""Images of requests, PNG or JPEG files, as the arrays that the model takes."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import chain

from PIL import Image

from .problems import Rejected
from .tensors import nested

IMAGE_TYPES = ("image/png", "image/jpeg")
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
RESIZE: Image.Resampling | None = None
"""How images of another size are brought to the model's; None refuses them."""
FULL = 1
"""What all values are divided by."""
SCALES: list[tuple[float, float]] = []
"""What is then taken from each channel's values, and what they are divided by; none where they stay as they are."""

LEVELS = [[(level / FULL - mean) / deviation for level in range(256)] for mean, deviation in SCALES]
"""By channel, what each of an image's values becomes."""


def arrays(files: Sequence[bytes], fields: Sequence[str]) -> list[object]:
    """The array of each image; Rejected names the field of one that the model cannot be given."""
    images = [_opened(file, field) for file, field in zip(files, fields, strict=True)]
    pixels = sum(image.width * image.height for image in images)
    if pixels > MAX_PIXELS:
        raise _refused(f"the images of a request may have {MAX_PIXELS} pixels, and these have {pixels}", fields[0])
    return [_array(image, field) for image, field in zip(images, fields, strict=True)]


def _opened(file: bytes, field: str) -> Image.Image:
    """The image, of which nothing but its head has been read."""
    try:
        image: Image.Image = Image.open(BytesIO(file), formats=FORMATS)
    except Exception:  # what is wrong in a file may raise anything
        raise _refused(f"this is no {' or '.join(FORMATS)} image", field) from None
    if image.mode not in MODES:
        raise _refused(f"an image whose pixels are of the kind {image.mode} is not taken", field)
    if RESIZE is None and image.size != SIZE:
        wanted, given = (" x ".join(map(str, size)) for size in (SIZE, image.size))
        raise _refused(f"the model takes images of {wanted} pixels, and this one has {given}", field)
    return image


def _array(image: Image.Image, field: str) -> object:
    """The image's values in lists of the model's shape."""
    try:
        image = image.convert(MODE)
        if image.size != SIZE:
            image = image.resize(SIZE, RESIZE)
        planes = [_values(number, plane.tobytes()) for number, plane in enumerate(image.split())]
    except Exception:  # as above
        raise _refused("the image is damaged", field) from None
    values: list[object] = [*chain.from_iterable(planes if CHANNELS_FIRST else zip(*planes, strict=True))]
    return nested(values, SHAPE)[0]


def _values(channel: int, plane: bytes) -> list[float]:
    return [*map(LEVELS[channel].__getitem__, plane)] if LEVELS else [*plane]


def _refused(why: str, field: str) -> Rejected:
    return Rejected(422, "invalid-row", why, field)
