"""Tar archives whose bytes depend on nothing but the names and contents of their members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..compiler.cas import LARGE, Cas
from ..compiler.digest import Digest, chunks
from ..compiler.recipe import Held, Part

BLOCK = 512
_NAME, _LINK, _OCTAL_SIZE = 100, 100, 8**11
_FILE, _SYMBOLIC, _FOLDER, _EXTENDED = b"0", b"2", b"5", b"x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file of an archive, or a symbolic link where `link` is not empty; it is root's, and everybody may read it."""

    path: str
    """Relative to the archive's root, with "/" between the parts."""
    size: int = 0
    """In bytes: as many as `read` gives."""
    read: Callable[[], Iterable[bytes]] = tuple
    executable: bool = False
    link: str = ""
    blob: Digest | None = None
    """What `read` gives, where that is in the store."""


def archive(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of a POSIX archive: members sorted by path, every folder on the way to them, no times and no names.

    The headers are written here: what Python's own tarfile writes has changed from version to version.
    ValueError where a member is not as long as it says.
    """
    for part in _laid_out(members):
        yield from (part,) if isinstance(part, bytes) else _content(part)


def stored(cas: Cas, members: Iterable[Member]) -> tuple[Digest, int]:
    """An archive as a blob: its digest and size. What is large in it and in the store already is stored no second time.

    What is neither is in memory, where there is such a large one beside it.
    """
    known = list(members)
    if any(member.blob and member.size >= LARGE for member in known):
        return cas.put_parts(part for each in _laid_out(known) for part in _parts(each))
    return cas.put_chunks(archive(known))


def _laid_out(members: Iterable[Member]) -> Iterator[bytes | Member]:
    """An archive in its order, with each member where its content belongs."""
    known: set[str] = set()
    for member in sorted(members, key=lambda m: m.path):
        for folder in reversed(PurePosixPath(member.path).parents[:-1]):
            if str(folder) not in known:
                known.add(str(folder))
                yield _header(f"{folder}/", _FOLDER, 0o755)
        if member.link:
            yield _header(member.path, _SYMBOLIC, 0o777, link=member.link)
        else:
            yield _header(member.path, _FILE, 0o755 if member.executable else 0o644, size=member.size)
            yield member
            yield bytes(-member.size % BLOCK)
    yield bytes(2 * BLOCK)


def _parts(part: bytes | Member) -> Iterable[Part]:
    if isinstance(part, bytes):
        return (part,)
    return (Held(part.blob, part.size),) if part.blob else _content(part)


def text(path: str, content: str) -> Member:
    """A small text file."""
    data = content.encode()
    return Member(path=path, size=len(data), read=lambda: (data,))


def file(path: str, source: Path, *, executable: bool) -> Member:
    """A file on disk, which is read when its bytes are wanted."""
    return Member(path=path, size=source.stat().st_size, read=lambda: chunks(source), executable=executable)


def _content(member: Member) -> Iterator[bytes]:
    written = 0
    for chunk in member.read():
        written += len(chunk)
        yield chunk
    if written != member.size:
        raise ValueError(f"{member.path} has {written} bytes, not {member.size}")


def _header(path: str, kind: bytes, mode: int, *, size: int = 0, link: str = "") -> bytes:
    """The header of a member; what does not fit into it stands in an extended one before it."""
    name, target = path.encode(), link.encode()
    extended = {}
    if len(name) > _NAME:
        extended["path"] = name
    if len(target) > _LINK:
        extended["linkpath"] = target
    if size >= _OCTAL_SIZE:
        extended["size"] = str(size).encode()
    before = b""
    if extended:
        records = b"".join(_record(key.encode(), value) for key, value in sorted(extended.items()))
        before = _block(b"pax", _EXTENDED, 0o644, len(records), b"") + records + bytes(-len(records) % BLOCK)
    return before + _block(name, kind, mode, size if size < _OCTAL_SIZE else 0, target)


def _block(name: bytes, kind: bytes, mode: int, size: int, link: bytes) -> bytes:
    owner = b"0000000\0" * 2
    head = name[:_NAME].ljust(_NAME, b"\0") + b"%07o\0" % mode + owner + b"%011o\0" % size + b"%011o\0" % 0
    tail = kind + link[:_LINK].ljust(_LINK, b"\0") + b"ustar\x0000"
    checksum = sum(head) + sum(tail) + 8 * ord(" ")
    return (head + b"%06o\0 " % checksum + tail).ljust(BLOCK, b"\0")


def _record(key: bytes, value: bytes) -> bytes:
    """A line of an extended header, which begins with its own length in decimal digits."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest
