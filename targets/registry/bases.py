"""The nodes of a base that is in a registry: what its name stands for, kept in deploy.lock, and its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...compiler.cas import Cas
from ...compiler.lock.wanted import stale
from ...compiler.node import Input, Made, Node, Work
from ...compiler.tree import Tree
from ...schema.diagnostics import Field, fail
from ...schema.lockfile import BaseImage
from ..deployment import LOCKED, Deployment
from .reference import Reference, parsed

# requests and oras take longer to import than a build with nothing to do

LOCK, BASE = "lock-base-", "base-"
"""What the nodes' names begin with; the target's name follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An image to build on, as deploy.yaml names it."""

    target: str
    text: str
    """Its reference, as it was written."""
    platforms: tuple[str, ...]
    """Such as linux/amd64: what is taken of an index."""
    insecure: bool
    """Ask the registry by plain HTTP, wherever it is."""
    environ: Mapping[str, str]
    previous: BaseImage | None
    """What deploy.lock says of it."""
    locked: bool
    """Fail where deploy.lock is stale, instead of asking."""
    file_name: str
    """The deploy.yaml's."""
    offline: bool
    moves: bool
    """Ask anew, though deploy.lock says it."""

    @property
    def at(self) -> Field:
        return ("targets", self.target, "base")

    @property
    def reference(self) -> Reference:
        return parsed(self.text)

    @property
    def current(self) -> BaseImage | None:
        """What deploy.lock says, while that is to be kept."""
        found = self.previous
        return found if found and found.reference == self.text and not self.moves else None


def wanted(
    deployment: Deployment, target: str, text: str, platforms: tuple[str, ...], *, insecure: bool = False
) -> Wanted:
    """The base of a target, as deploy.yaml and deploy.lock have it."""
    return Wanted(
        target=target,
        text=text,
        platforms=platforms,
        insecure=insecure,
        environ=deployment.environ,
        previous=deployment.lockfile.bases.get(target),
        locked=deployment.locked,
        file_name=deployment.file_name,
        offline=deployment.offline,
        moves=deployment.moves_bases,
    )


def nodes(wanted: Wanted) -> tuple[list[Node], Input]:
    """The nodes, and the input that is the image: an OCI layout with all blobs of the images for these platforms.

    A reference that has a digest always names the same: deploy.lock need not say it.
    """
    lock, base = f"{LOCK}{wanted.target}", f"{BASE}{wanted.target}"
    moves = not wanted.reference.digest
    inputs: dict[str, Input] = {"": Made(node=lock, folder=LOCKED)} if moves else {}
    fixed = {} if moves else {"digest": wanted.reference.digest}
    node = Node(
        name=base,
        inputs=inputs,
        params={"platforms": " ".join(sorted(wanted.platforms)), **fixed},
        run=lambda work: _fetch(work, wanted),
    )
    return [*([_lock(wanted)] if moves else []), node], Made(node=base)


def base_of(cas: Cas, tree: Tree) -> BaseImage:
    """What a lock node gave, for deploy.lock."""
    return BaseImage(reference=cas.text(tree, "inputs/reference.txt"), digest=cas.text(tree, f"{LOCKED}/digest.txt"))


def _tree(cas: Cas, base: BaseImage) -> Tree:
    return cas.put_texts({"inputs/reference.txt": base.reference, f"{LOCKED}/digest.txt": base.digest})


def _lock(wanted: Wanted) -> Node:
    before = wanted.previous

    def recall(cas: Cas, trees: Mapping[str, Tree]) -> Tree | None:
        return _tree(cas, wanted.current) if wanted.current else None

    def run(work: Work) -> Tree:
        if wanted.locked:
            changes = [f"reference {before.reference} -> {wanted.text}" if before else "nothing is locked yet"]
            raise stale(f"base of `{wanted.target}`", wanted.file_name, changes, wanted.at)
        _refuse_offline(wanted)
        digest = _asked(work, wanted)
        moved = f", was {before.digest}" if before and before.digest != digest else ""
        work.note(f"{wanted.text} is {digest}{moved}")
        return _tree(work.cas, BaseImage(reference=wanted.text, digest=digest))

    # the key of no result: it tells `explain` from what to what a tag moved
    params = {"reference": wanted.text, **({"digest": before.digest} if before else {})}
    return Node(name=f"{LOCK}{wanted.target}", kind="lock", params=params, run=run, recall=recall)


def _asked(work: Work, wanted: Wanted) -> str:
    """The digest of what the reference names in the registry now; what has it is kept, since it is needed next."""
    from .client import client
    from .pull import document

    asked = client(wanted.reference, wanted.environ, insecure=wanted.insecure, at=wanted.at)
    found = document(asked, wanted.reference)
    work.cas.put_bytes(found.data)
    return found.what.digest


def _fetch(work: Work, wanted: Wanted) -> Tree:
    """The image's layout; blobs that the cache has are not fetched, so that all may be there though offline."""
    from .client import client
    from .fetching import Fetching

    digest = work.cas.text(work.inputs[""], "digest.txt") if work.inputs else wanted.reference.digest
    asked = client(wanted.reference, wanted.environ, insecure=wanted.insecure, at=wanted.at)
    fetching = Fetching(
        client=asked,
        repository=wanted.reference.repository,
        work=work,
        refuse=lambda: _refuse_offline(wanted),
    )
    return fetching.layout(digest, wanted.platforms)


def _refuse_offline(wanted: Wanted) -> None:
    if wanted.offline:
        text = f"the image {wanted.text} is not in the cache, and --offline forbids to ask its registry"
        raise fail("offline-miss", text, field=wanted.at, help="run it once without --offline")
