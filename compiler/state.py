"""The state file: what the last build saw and wrote, so that a build with nothing to do costs one stat a file.

This module is all that the no-op path imports, so it imports nothing that Python has not loaded already. A row is
(path, stat, digest): stat is (size, mtime_ns, inode, ctime_ns), or () for what was absent; a digest is kept only where
the file was as young as the state itself, so that its times cannot be believed (git's racy rule).
"""

from __future__ import annotations

import marshal
import os
import sys

FORMAT = 2


def load(path: str) -> dict[str, object] | None:
    """The state, or None where there is none that this Python and this format can read."""
    try:
        with open(path, "rb") as file:
            state = marshal.loads(file.read())
    except (OSError, ValueError, EOFError, TypeError):
        return None
    known = isinstance(state, dict) and state.get("format") == FORMAT and state.get("python") == sys.version
    return state if known else None


def fresh(state: dict[str, object], flags: tuple[str, ...], environ: dict[str, str]) -> bool | None:
    """Whether nothing has changed since: True, False, or None when it holds but should be written anew."""
    rows = state.get("rows")
    if state.get("flags") != flags or state.get("environ") != _picked(state, environ) or not isinstance(rows, list):
        return False
    racy = False
    for path, stat, digest in rows:
        if stat_of(path) != stat:
            return False
        if digest:
            if digest_of(path) != digest:
                return False
            racy = True
    return None if racy else True


def save(
    path: str,
    *,
    flags: tuple[str, ...],
    environ: dict[str, str],
    rows: dict[str, tuple[int, ...]],
    digests: dict[str, str],
    summary: str,
    standing: tuple[object, ...] = (),
) -> None:
    """Write the state; what is not older than this moment of the file system's clock is remembered by digest too.

    `digests` holds those that the build has used; what is not in it is read now. `standing` is what was published.
    """
    stamp = f"{path}.{os.getpid()}"
    with open(stamp, "wb") as file:
        file.write(b"\0")
    now = os.stat(stamp).st_mtime_ns
    kept = [(p, s, digests.get(p) or digest_of(p) if s and max(s[1], s[3]) >= now else "") for p, s in rows.items()]
    state = {
        "format": FORMAT,
        "python": sys.version,
        "flags": flags,
        "environ": environ,
        "rows": kept,
        "summary": summary,
        "standing": standing,
    }
    with open(stamp, "wb") as file:
        file.write(marshal.dumps(state))
    os.replace(stamp, path)


def refresh(path: str, state: dict[str, object]) -> None:
    """Write a state again whose racy rows have just been read and found equal."""
    rows, environ, flags = state["rows"], state["environ"], state["flags"]
    summary, standing = state["summary"], state["standing"]
    assert isinstance(rows, list)
    assert isinstance(environ, dict)
    assert isinstance(flags, tuple)
    assert isinstance(summary, str)
    assert isinstance(standing, tuple)
    known = {p: s for p, s, _ in rows}
    save(path, flags=flags, environ=environ, rows=known, digests={}, summary=summary, standing=standing)


def _picked(state: dict[str, object], environ: dict[str, str]) -> dict[str, str]:
    names = state.get("environ")
    return {name: environ.get(name, "") for name in names} if isinstance(names, dict) else {}


def stat_of(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns


def digest_of(path: str) -> str:
    """SHA-256 of a file's bytes or of a folder's names; "" for what is absent."""
    import hashlib  # 3 ms that only a racy file costs

    try:
        if os.path.isdir(path):
            return hashlib.sha256("\0".join(sorted(os.listdir(path))).encode("utf-8", "surrogateescape")).hexdigest()
        digest = hashlib.sha256()
        with open(path, "rb", buffering=0) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()
