"""A proof in words."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .proof.report import Compared, Difference, Proof


def told(proof: Proof) -> Iterator[str]:
    """The whole report as lines of text."""
    verdict = "equal to" if proof.equal else "NOT equal to"
    yield f"{proof.optimizer}: {verdict} the original on {sum(proof.rows.values())} rows"
    yield ""
    for kind, count in proof.rows.items():
        yield f"{count:>8} {kind}"
    yield ""
    yield f"allowed: abs {proof.abs:g}, rel {proof.rel:g}{_cuts(proof)}; labels must be equal"
    for compared in proof.methods:
        yield f"{compared.method}: {_counts(compared)}"
        yield from _shown("first that may not be", compared.first)
        yield from _shown("largest that may be", compared.worst)
    yield ""
    yield from [f"seed {proof.seed}"] if proof.seed else []
    yield f"on {proof.platform}, {proof.processor}"
    yield "with " + ", ".join(f"{name} {version}" for name, version in proof.versions.items())


def difference(found: Difference) -> Iterator[str]:
    """One row and both answers."""
    yield f"row ({found.kind}{', asked by itself' if found.alone else ''}): {json.dumps(found.row)}"
    yield f"compiled: {json.dumps(found.found)}"
    yield f"original: {json.dumps(found.wanted)}"


def _cuts(proof: Proof) -> str:
    return f", but never across {', '.join(f'{t:g}' for t in proof.thresholds)}" if proof.thresholds else ""


def _counts(compared: Compared) -> str:
    largest = "infinite" if compared.largest is None else f"{compared.largest:g}"
    said = f"{compared.answers} answers, {compared.different} different, largest difference {largest}"
    said += f", {compared.refused} refused by both" if compared.refused else ""
    ties = f", {compared.ties} labels differ where the original's own best scores tie" if compared.ties else ""
    return said + ties


def _shown(what: str, found: Difference | None) -> Iterator[str]:
    if found:
        yield f"  {what}:"
        yield from (f"    {line}" for line in difference(found))
