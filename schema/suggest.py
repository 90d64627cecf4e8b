"""Did you mean: the known name that a mistyped one is nearest to."""

from __future__ import annotations

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """Help for an unknown name: the nearest known one, if any is near, and all that are known; empty if none is."""
    names = sorted(known)
    if not names:
        return ""
    near = nearest(name, names)
    listed = f"known: {', '.join(names[:20])}" + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return f"did you mean `{near}`? {listed}" if near else listed


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that was probably meant; empty if none is near."""
    # Imported only where a mistake was made.
    from difflib import get_close_matches

    plain = {known.lower().replace("_", "-"): known for known in names}
    near = get_close_matches(name.lower().replace("_", "-"), plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else ""
