"""The nodes of a model that MLflow keeps: what its URI names, kept in deploy.lock, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...schema.diagnostics import fail
from ...schema.lockfile import Source
from ..cas import Cas
from ..lock.wanted import stale
from ..node import Made, Node, Work
from ..tree import Tree
from .asking import ask
from .place import URI_FIELD, Place

LOCK, SOURCE = "lock-source", "source"
FACTS = Made(node=LOCK, folder="facts")
"""What MLflow knows of the model's origin: the file facts.json."""
FILES = Made(node=SOURCE)
"""The model's files."""
_LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What deploy.yaml asks for, and what deploy.lock says of it."""

    uri: str
    place: Place
    previous: Source | None
    locked: bool
    """Fail where deploy.lock is stale, instead of asking."""
    file_name: str
    """The deploy.yaml's."""
    offline: bool
    moves: bool
    """Ask anew, though deploy.lock says it."""

    @property
    def current(self) -> Source | None:
        """What deploy.lock says, while that is to be kept."""
        found = self.previous
        return found if found and found.uri == self.uri and not self.moves else None


def nodes(asked: Asked) -> list[Node]:
    """`lock-source` knows what the URI names; `source` is the model's files, from the cache or from MLflow."""

    def recall(cas: Cas, trees: Mapping[str, Tree]) -> Tree | None:
        return _tree(cas, asked.current) if asked.current else None

    # the key of no result: it tells `explain` from what to what a moving name moved
    params = {"uri": asked.uri, **({"version": asked.previous.version} if asked.previous else {})}
    return [
        Node(name=LOCK, kind="lock", params=params, run=lambda work: _resolve(work, asked), recall=recall),
        Node(name=SOURCE, inputs={"": Made(node=LOCK, folder=_LOCKED)}, run=lambda work: _fetch(work, asked)),
    ]


def source_of(cas: Cas, tree: Tree) -> Source:
    """What `lock-source` gave, for deploy.lock."""
    return Source(
        uri=cas.text(tree, "inputs/uri.txt"),
        version=cas.text(tree, f"{_LOCKED}/version.txt"),
        files=cas.text(tree, f"{_LOCKED}/files.txt"),
        facts=cas.text(tree, "facts/facts.json"),
    )


def _tree(cas: Cas, source: Source) -> Tree:
    return cas.put_texts(
        {
            "inputs/uri.txt": source.uri,
            f"{_LOCKED}/version.txt": source.version,
            f"{_LOCKED}/files.txt": source.files,
            "facts/facts.json": source.facts,
        }
    )


def _resolve(work: Work, asked: Asked) -> Tree:
    before = asked.previous
    if asked.locked:
        before = asked.previous
        changes = [f"uri {before.uri} -> {asked.uri}" if before else "nothing is locked yet"]
        raise stale("source of the model", asked.file_name, changes, URI_FIELD)
    _refuse_offline(asked)
    found = ask(asked.uri, asked.place, work)
    if found.version != asked.uri:
        moved = f", was {before.version}" if before and before.version != found.version else ""
        work.note(f"{asked.uri} is {found.version}{moved}")
    return _tree(work.cas, Source(uri=asked.uri, version=found.version, files=found.files.text, facts=found.facts))


def _fetch(work: Work, asked: Asked) -> Tree:
    wanted = Tree.parse(work.cas.text(work.inputs[""], "files.txt"))
    if all(work.cas.has(entry.digest, entry.size) for entry in wanted):
        return wanted
    _refuse_offline(asked)
    version = work.cas.text(work.inputs[""], "version.txt")
    found = ask(version, asked.place, work).files
    if found != wanted:
        changed = sorted({e.path for e in set(found) ^ set(wanted)})
        raise fail(
            "model-changed",
            f"MLflow gives other files for {version} than deploy.lock says",
            field=URI_FIELD,
            help="find out who changed them; `deployc lock --upgrade model` takes what is there now",
            notes=[f"different: {', '.join(changed[:20])}"],
        )
    return wanted


def _refuse_offline(asked: Asked) -> None:
    if asked.offline:
        text = "the model is not in the cache, and --offline forbids to ask MLflow for it"
        raise fail("offline-miss", text, field=URI_FIELD, help="run it once without --offline")
