"""The one file that holds a model, opened as what it is: a pickle, joblib's, a skops archive, or a library's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from typing import BinaryIO

from ...schema.diagnostics import UserError, fail
from ..cas import Cas
from ..tree import Entry, Tree
from .allowed import Allowed, check_allowed
from .archive import read_archive
from .flavor import Identity, form_of, known_flavors
from .pickles import walk
from .seems import seems
from .stream import LIMIT, TooLarge, codec, opened
from .symbols import Malformed, Mention, Value

_FIELD = ("model", "path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a model's file holds, as symbols; `serializer` is what it needs to be loaded with."""

    file: str
    top: Value = None
    mentions: tuple[Mention, ...] = ()
    serializer: str
    known: tuple[str, Identity] | None = None
    """Flavor and model, where the file is in a format of the flavor's own; it then names nothing."""


def the_file(model: Tree) -> Tree:
    """The tree itself when it has one file; UserError `model-missing` when it has none or one cannot tell which."""
    if len(model.entries) == 1:
        return model
    if not model.entries:
        raise fail("model-missing", "there is no model: the folder is empty", field=_FIELD)
    shown = ", ".join(f"`{e.path}`" for e in model.entries[:6])
    raise fail(
        "model-missing",
        f"the folder has {len(model.entries)} files and no MLmodel, so it cannot be told which one is the model",
        field=_FIELD,
        help="let model.path name the model's file",
        notes=[f"found: {shown}"],
    )


def read_content(cas: Cas, entry: Entry, allowed: Allowed, *, claimed: str = "", limit: int = LIMIT) -> Content:
    """Read a model's file; whether all its names are allowed is for the caller to check. `claimed`: MLmodel's class.

    UserError: `broken-model`, `model-too-large`, `model-missing`, `unknown-flavor`, and `forbidden-pickle` where a file
    cannot be read to its end but has already named what is not allowed, which then is the better thing to say.
    """
    with cas.verified(entry.digest).open("rb") as file:
        head = file.read(512)
        _check_form(entry, head)
        file.seek(0)
        with broken(entry.path):
            try:
                return _own_format(entry.path, head, file, claimed) or _read(entry.path, head, file, limit)
            except Malformed as error:
                check_allowed(error.mentions, allowed, entry.path)
                if _is_text(head):
                    raise Malformed("it is a text, of no format of models that is known") from None
                raise


def _is_text(head: bytes) -> bool:
    """Whether a file's first bytes are lines for people, such as those of a table or of a program."""
    shown = head.decode("utf-8", "ignore")
    return len(shown.encode()) > len(head) - 4 and all(c.isprintable() or c in "\r\n\t" for c in shown)


def _own_format(path: str, head: bytes, file: BinaryIO, claimed: str) -> Content | None:
    """A file in a format of a library's own; None for others."""
    found = form_of(head)
    if found is None:
        return None
    flavor, form = found
    with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        native = form.read(data, claimed)
    return Content(file=path, serializer=native.serializer, known=(flavor.name, native.identity))


def _read(path: str, head: bytes, file: BinaryIO, limit: int) -> Content:
    if head.startswith(b"PK\x03\x04"):
        archived = read_archive(file)
        return Content(file=path, top=archived.top, mentions=archived.mentions, serializer="skops")
    found = walk(opened(file, limit))
    by_cloudpickle = any(m.name.module.split(".")[0] == "cloudpickle" for m in found.mentions)
    by_joblib = found.arrays or codec(head) is not None
    serializer = "joblib" if by_joblib else "cloudpickle" if by_cloudpickle else "pickle"
    return Content(file=path, top=found.top, mentions=found.mentions, serializer=serializer)


def _check_form(entry: Entry, head: bytes) -> None:
    """Turn away what is told by its first bytes: nothing, a pointer to a file elsewhere, another library's format."""
    if not head:
        raise fail("broken-model", f"{entry.path} is empty", field=_FIELD, help="train and save the model again")
    if head.startswith(b"version https://git-lfs"):
        raise fail(
            "model-missing",
            f"{entry.path} is a pointer of Git LFS, not the model itself",
            field=_FIELD,
            help="fetch the file with `git lfs pull`",
        )
    if form_of(head) is None and (library := seems(entry.path, head)):
        raise unknown_flavor(f"{entry.path} seems to be a model of {library}")


def unknown_flavor(message: str, help: str = "") -> UserError:
    """The error for a model that no flavor reads."""
    known = ", ".join(known_flavors())
    return fail("unknown-flavor", message, field=_FIELD, help=help or f"models of these libraries can be read: {known}")


@contextmanager
def broken(path: str) -> Iterator[None]:
    """Turn what readers raise about a file into UserErrors that name it."""
    try:
        yield
    except Malformed as error:
        where = "" if error.at is None else f" (byte {error.at})"
        raise fail(
            "broken-model",
            f"{path} is not a whole model file: {error}{where}",
            field=_FIELD,
            help="save the model again with its library, pickle, joblib or skops, and copy it as a binary file",
        ) from None
    except TooLarge:
        raise fail(
            "model-too-large",
            f"{path} unfolds to more bytes than a model may have when it is decompressed",
            field=_FIELD,
            help="save the model without compression",
        ) from None
