"""Images of requests, PNG or JPEG files, as the arrays that the model takes."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import chain

from PIL import Image

from .problems import Rejected
from .schema import Image as Given
from .tensors import PICTURED, Tensor, nested, wrong

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

TOLD: dict[str, object] = {
    "description": f"A value of `{PICTURED}` may also be a PNG or JPEG image in base64, in the place of its array."
}
"""What the documentation says of the other protocols' bodies."""
AS_IMAGES: dict[str, object] = {"images": {"datatype": "BYTES", "shape": [-1]}}
"""What the Open Inference Protocol's metadata says beside the array."""


def pictured(records: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    """The records, with arrays in the place of images; Rejected names the place of one that cannot be taken."""
    fields = [f"[{i}].{PICTURED}" for i in range(len(records))]
    values = drawn([each.get(PICTURED) for each in records], fields)
    both = zip(records, values, strict=True)
    return [{**each, PICTURED: value} if PICTURED in each else each for each, value in both]


def drawn(values: Sequence[object], fields: Sequence[str]) -> list[object]:
    """The values, with arrays in the place of images: of files, of their base64, and of objects that hold them."""
    found = [*_files(values, fields)]
    made = arrays([file for _, file, _ in found], [field for _, _, field in found])
    of_images = {place: array for (place, _, _), array in zip(found, made, strict=True)}
    return [of_images.get(i, value) for i, value in enumerate(values)]


def are_images(tensor: Tensor) -> bool:
    """Whether a tensor holds images, and no array; Rejected where there is not one for each row."""
    if tensor.name != PICTURED or tensor.datatype != "BYTES":
        return False
    if not tensor.shape or tensor.shape[1:] not in ([], [1]):
        raise wrong(tensor.name, f"the shape of images has to be [n] or [n, 1], not {tensor.shape}")
    return True


def _files(values: Sequence[object], fields: Sequence[str]) -> Iterator[tuple[int, bytes, str]]:
    """The files among the values, each with its position and its place."""
    for i, (value, field) in enumerate(zip(values, fields, strict=True)):
        match value:
            case Given(b64=file):
                yield i, file, f"{field}.b64"
            case bytes(file):
                yield i, file, field
            case str(text):
                yield i, _decoded(text, field), field
            case {"b64": str(text)}:
                yield i, _decoded(text, f"{field}.b64"), f"{field}.b64"


def _decoded(text: str, field: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise _refused("this is no image in base64", field) from None


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
