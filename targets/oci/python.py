"""The Python environment of an image: where it lies, and the files that make it one on the base's own Python."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...schema.diagnostics import Field, fail
from ..tarball import Member, text
from .contents import Contents

VENV = "venv"
"""The folder of the environment in the image."""


def site_packages(python: str) -> str:
    """Where its libraries lie, for a minor version such as "3.11"."""
    return f"{VENV}/lib/python{python}/site-packages"


def environment(program: str, python: str) -> Iterator[Member]:
    """What `venv` makes of a base's `program`: the links to it, and the file that says whose environment it is."""
    settings = {"home": posixpath.dirname(program), "include-system-site-packages": "false", "version": python}
    yield text(f"{VENV}/pyvenv.cfg", "".join(f"{key} = {value}\n" for key, value in settings.items()))
    yield Member(path=f"{VENV}/bin/python", link=program)
    for name in ("python3", f"python{python}"):
        yield Member(path=f"{VENV}/bin/{name}", link="python")


def check(contents: Contents, python: str, field: Field) -> None:
    """UserError `unfit-base` where the base cannot run this minor version of Python."""
    known = ", ".join(contents.pythons) or "none"
    if python not in contents.pythons:
        hint = f"take a base with Python {python}, or set `python:` to one that it has"
        raise fail("unfit-base", f"the base has no Python {python}; it has: {known}", field=field, help=hint)
    if python not in contents.standard:
        text = f"the base has Python {python} without its whole standard library"
        hint = "install the whole of it there: on Debian it is python3, not python3-minimal"
        raise fail("unfit-base", text, field=field, help=hint)
    if not contents.glibc and not contents.musl:
        raise fail("unfit-base", "the base has no C library that wheels are made for", field=field)
