"""Tells from what a resolver or installer said what the user can do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...schema.config import Index
from ...schema.diagnostics import Field, UserError, fail
from .uv import is_debug

INDEXES: Field = ("lock", "indexes")
WORDS = 40
"""Lines of a tool's words that are shown at most; a failed build's log can have thousands."""

_OFFLINE = re.compile(
    "network (was|is) disabled|not found in the cache|connectivity is disabled"
    "|there (are no versions|is no version) of",
    re.I,
)
_AUTH = re.compile(
    r"40[13] (Unauthorized|Forbidden)|status code failure: 40[13]|Missing credentials|40[13] Client Error"
)
_NETWORK = re.compile(
    "error sending request|tcp connect error|dns error|Request failed after|operation timed out|tunnel error"
    "|NewConnectionError|NameResolutionError|ConnectTimeout|Max retries exceeded"
    r"|status server error|5\d\d Server Error",
)
_HASH = re.compile("hash mismatch|do not match the hashes", re.I)
_WHEEL = re.compile(
    r"doesn't have a source distribution or wheel for the current platform|no wheels? (with|are|for)|no usable wheels"
)
_NAMED = re.compile(r"(?:Distribution|[Ww]heels are available for) `([A-Za-z0-9][A-Za-z0-9._-]*)[=`]")
"""The distribution that uv could not install."""
_TRACEBACK = "Traceback (most recent call last):"
_HOST = re.compile(r"https?://([^/\s`)]+)")
_MARKER = re.compile(r"\{[^{}]*\}| for split \(markers: python_full_version < '[\d.]+'\)")
_BUILD = re.compile(r"Failed to build|build backend returned an error|Preparing metadata .* did not run")
_EXCLUDED = re.compile(
    r"No solution found when resolving|conflicting dependencies|ResolutionImpossible|\(from versions: (?!none\))"
)
_BUILDS = re.compile(r"[^\s\"']*[/\\]builds-v\d+[/\\]\.tmp\w+[/\\]")


class NoSolution(UserError):
    """The requirements are at fault, and no network, password or cache."""


def excluded(said: str) -> bool:
    """Whether a resolver says that it has seen all that there is, and that no versions go together."""
    return bool(_EXCLUDED.search(said))


def explain(
    said: str, *, offline: bool, indexes: Mapping[str, Index], code: str, message: str, field: Field | None = None
) -> UserError:
    """The error that a failed tool's words mean; `code`, `message` and `field` where they mean nothing more special."""
    words = explanation(said)
    notes = (words,) if words else ()
    if offline and _OFFLINE.search(said):
        message, advice = (
            "a package is not in the cache, and --offline forbids to fetch it",
            "run it once without --offline",
        )
        return fail("offline-miss", message, help=advice, notes=notes)
    if _AUTH.search(said):
        return _unauthorised(said, indexes)
    if _NETWORK.search(said):
        message = f"the package index{_host(words)} cannot be reached"
        advice = "check the network, and HTTPS_PROXY and SSL_CERT_FILE where a proxy is between"
        return fail("index-unreachable", message, help=advice, notes=notes)
    if _HASH.search(said):
        advice = "if the release was replaced on purpose, take its pin out of the lock and lock again"
        return fail("hash-mismatch", "a package is not the one that was locked", help=advice, notes=notes)
    if _WHEEL.search(said):
        return _no_wheel(words, field)
    if _BUILD.search(said):
        advice = "choose a version that has a wheel, or install what its build needs"
        return fail("build-failed", "a package's own build failed", field=field, help=advice, notes=notes)
    return fail(code, message, field=field, notes=notes)


def explanation(said: str) -> str:
    """The tool's own last words: from its error on, without debug lines, tracebacks and uv's notes on markers."""
    lines = _without_tracebacks([line for line in said.splitlines() if not is_debug(line)])
    start = next((n for n, line in enumerate(lines) if re.match(r"\s*(error|ERROR)", line)), 0)
    words = "\n".join(lines[start:][:WORDS]).strip()
    return _BUILDS.sub("", _MARKER.sub("", re.sub("^(error|ERROR): ", "", words)))


def _without_tracebacks(lines: list[str]) -> list[str]:
    """pip-tools ends in a traceback: its last line, without the exception's type, is all that helps."""
    if _TRACEBACK not in lines:
        return lines
    last = next((line for line in reversed(lines) if line and not line.startswith(" ")), "")
    return [*lines[: lines.index(_TRACEBACK)], last.partition(": ")[2]]


def _unauthorised(said: str, indexes: Mapping[str, Index]) -> UserError:
    named = {host: name for name, index in indexes.items() for host in _HOST.findall(index.url)}
    name = next((named[h] for h in _HOST.findall(said) if h in named), None)
    if name is None:
        which, field = "the default package index", None
        advice = (
            "give user and password in ~/.netrc (or the file that NETRC names), or in the address in UV_DEFAULT_INDEX"
        )
    else:
        which, field = f"the index `{name}`", (*INDEXES, name)
        variable = "UV_INDEX_" + re.sub("[^A-Z0-9]", "_", name.upper())
        advice = (
            f"give user and password in ~/.netrc (or the file that NETRC names) or in {variable}_USERNAME and "
            f"{variable}_PASSWORD, or the user there and the password in keyring under the index's host"
        )
    return fail("index-auth", f"{which} wants a user and password, or refused those it got", field=field, help=advice)


def _no_wheel(words: str, field: Field | None) -> UserError:
    """With a field, the platform that it names is another one than this machine's."""
    found = _NAMED.search(words)
    name = found[1] if found else "NAME"
    advice = "choose a version of it that has one"
    if field is None:
        advice += (
            f", or another `python`; what only an optimiser needs, `deployc lock --upgrade {name}` on this machine "
            "leaves out, as `serve: {optimize: off}` does"
        )
    text = "a package has no build for this platform and Python"
    return fail("no-wheel", text, field=field, help=advice, notes=(words,) if words else ())


def _host(words: str) -> str:
    hosts = _HOST.findall(words)
    return f" at {hosts[0]}" if hosts else ""
