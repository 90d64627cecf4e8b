"""Where requests may hold images: what the documentation says of them, and where they are in tables and tensors."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence

from .problems import Rejected
from .tensors import PICTURED, Tensor, wrong

IMAGE_TYPES = ("image/png", "image/jpeg")
TOLD: dict[str, object] = {
    "description": f"A value of `{PICTURED}` may also be a PNG or JPEG image in base64, in the place of its array."
}
"""What the documentation says of the other protocols' bodies."""
AS_IMAGES: dict[str, object] = {"images": {"datatype": "BYTES", "shape": [-1]}}
"""What the Open Inference Protocol's metadata says beside the array."""


def pictured(records: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    """The records as typed JSON has them, with an object around each image; Rejected names the place of a text that is
    no base64.
    """
    return [
        {**each, PICTURED: _image(each[PICTURED], f"[{i}].{PICTURED}")} if PICTURED in each else each
        for i, each in enumerate(records)
    ]


def image_places(records: Sequence[Mapping[str, object]]) -> list[str]:
    """Where each of the records has its array or image."""
    objects = [isinstance(each.get(PICTURED), Mapping) for each in records]
    return [f"[{i}].{PICTURED}{'.b64' if inner else ''}" for i, inner in enumerate(objects)]


def are_images(tensor: Tensor) -> bool:
    """Whether a tensor holds images, and no array; Rejected where there is not one for each row."""
    if tensor.name != PICTURED or tensor.datatype != "BYTES":
        return False
    if not tensor.shape or tensor.shape[1:] not in ([], [1]):
        raise wrong(tensor.name, f"the shape of images has to be [n] or [n, 1], not {tensor.shape}")
    return True


def _image(value: object, field: str) -> object:
    if isinstance(value, str):
        try:
            value = b64decode(value, validate=True)
        except ValueError:
            raise Rejected(422, "invalid-row", "this is no image in base64", field) from None
    return {"b64": value} if isinstance(value, bytes) else value
