"""Python identifiers for names that are none, such as a table's columns."""

from __future__ import annotations

import keyword
from collections.abc import Sequence, Set


def identifiers(names: Sequence[str], taken: Set[str] = frozenset(), stem: str = "field") -> tuple[str, ...]:
    """A distinct public ASCII identifier for each name, the name itself where it can be; none of `taken`."""
    chosen: list[str] = []
    used = set(taken)
    kept = {n for n in names if _plain(n, stem) == n}
    for position, name in enumerate(names):
        base = _plain(name, stem) or f"{stem}_{position}"
        candidate, count = base, 1
        while candidate in used or (candidate in kept and candidate != name):
            count += 1
            candidate = f"{base}_{count}"
        used.add(candidate)
        chosen.append(candidate)
    return tuple(chosen)


def _plain(name: str, stem: str) -> str:
    """The name's letters and digits in ASCII with _ between; empty when there are none to begin with."""
    spaced = "".join(c if c.isascii() and c.isalnum() else " " for c in name)
    plain = name if name.isascii() and name.isidentifier() and name[0] != "_" else "_".join(spaced.split())
    if plain[:1].isdigit():
        plain = f"{stem}_{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain
